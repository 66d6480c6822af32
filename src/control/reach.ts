import {accessSync, constants, existsSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** Name of the socket for those who may only look (--view-group), beside the control socket. */
export const VIEW_SOCKET = 'view.sock';

/** Which of a supervisor's sockets the calling user may open, and what for. */
export interface Reach {
  /** The control socket itself when neither may be opened: connecting then says why. */
  socket: string;
  access: 'full' | 'look' | 'none';
}

/** Asks the file system; nothing is connected. */
export function reach(controlSocket: string): Reach {
  if (mayOpen(controlSocket)) return {socket: controlSocket, access: 'full'};
  const view = join(dirname(controlSocket), VIEW_SOCKET);
  return mayOpen(view) ? {socket: view, access: 'look'} : {socket: controlSocket, access: 'none'};
}

/** Connecting to a socket takes the right to write to it. */
function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return existsSync(path);
  } catch {
    return false;
  }
}

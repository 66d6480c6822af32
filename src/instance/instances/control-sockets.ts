import {readFileSync} from 'node:fs';
import {dirname} from 'node:path';

/** Where a supervisor listens: in its server root, or (`wsgideck run`) in a folder of its own. */
const OURS = /^\/.*\/(?:wsgideck|wsgideck-run-[A-Za-z0-9]{6})\/control\.sock$/;
/** Flag of a socket that takes connections (SO_ACCEPTCON). */
const LISTENING = 0x10000;

export interface ControlSocket {
  path: string;
  /** The server root, when the socket lies in one. */
  serverRoot: string | null;
}

/** Control sockets that somebody listens on, of all users; from the kernel's list, so none that was left behind. */
export function controlSockets(): ControlSocket[] {
  let table: string;
  try {
    table = readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return [];
  }
  return table.split('\n').flatMap((line) => {
    // Number, references, protocol, flags, type, state, inode, path.
    const [, flags, path = ''] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +\S+ (\/.*)$/.exec(line) ?? [];
    if (flags === undefined || (Number.parseInt(flags, 16) & LISTENING) === 0 || !OURS.test(path)) return [];
    const folder = dirname(path);
    return [{path, serverRoot: folder.endsWith('/wsgideck') ? dirname(folder) : null}];
  });
}

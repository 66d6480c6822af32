import {lstatSync, mkdirSync, rmdirSync, symlinkSync, unlinkSync} from 'node:fs';
import {join} from 'node:path';

/**
 * Makes `wsgideck attach SERVER-ROOT` find this run: a link to our control socket where start-server has its own. Returns what takes it away again.
 * Without it (no permission, or a server of ours in that place) only that command does not work.
 */
export function linkForAttach(serverRoot: string, controlSocket: string): () => void {
  const folder = join(serverRoot, 'wsgideck');
  const link = join(folder, 'control.sock');
  let made = false;
  try {
    made = lstatSync(folder, {throwIfNoEntry: false}) === undefined;
    if (made) mkdirSync(folder, {mode: 0o700});
    // Left behind by a run that was killed.
    if (lstatSync(link, {throwIfNoEntry: false})?.isSymbolicLink()) unlinkSync(link);
    symlinkSync(controlSocket, link);
  } catch {
    return () => {};
  }
  return () => {
    try {
      if (lstatSync(link).isSymbolicLink()) unlinkSync(link);
      if (made) rmdirSync(folder);
    } catch {
      // Taken away by somebody else, with the server root for example.
    }
  };
}

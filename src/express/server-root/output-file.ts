import {closeSync, constants, existsSync, openSync, readdirSync, renameSync, rmSync} from 'node:fs';
import type {ServerPlan} from '../plan/server-plan.ts';
import {makeMissing} from './write-server-root.ts';

/** What a supervisor in the background prints goes into a file of the server root. */
export interface OutputFile {
  /** Open for reading and appending. */
  fd: number;
  /** The server root was made for it. */
  fresh: boolean;
}

/**
 * Opens that file, and makes the folders that it takes. What is there of the run before is kept under `.old`.
 * @throws the system's error when it cannot be made.
 */
export function openOutput({paths}: ServerPlan): OutputFile {
  const fresh = !existsSync(paths.root);
  for (const folder of [paths.root, paths.deck]) makeMissing(folder, 0o700);
  if (existsSync(paths.output)) renameSync(paths.output, `${paths.output}.old`);
  const fd = openSync(paths.output, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND, 0o600);
  return {fd, fresh};
}

/** Lets go of it. A server root that was made for it and holds nothing else goes too: the start came to nothing. */
export function closeOutput({fd, fresh}: OutputFile, {paths}: ServerPlan): void {
  closeSync(fd);
  if (fresh && existsSync(paths.root) && readdirSync(paths.root).join() === 'wsgideck') rmSync(paths.root, {recursive: true, force: true});
}

import {closeSync, constants, existsSync, openSync, readdirSync, renameSync} from 'node:fs';
import type {ServerPlan} from '../plan/server-plan.ts';
import {isHeld} from './lock.ts';
import {removeServerRoot} from './write-server-root.ts';

/** What a supervisor in the background prints goes into a file of the server root. */
export interface OutputFile {
  /** Open for reading and appending. */
  fd: number;
  /** The server root was made for it. */
  fresh: boolean;
}

/**
 * Opens that file. What is there of the run before is kept under `.old`. The lock of the server root is held.
 * @param fresh the server root did not exist before.
 * @throws the system's error when it cannot be made.
 */
export function openOutput({paths}: ServerPlan, fresh: boolean): OutputFile {
  if (existsSync(paths.output)) renameSync(paths.output, `${paths.output}.old`);
  const fd = openSync(paths.output, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND, 0o600);
  return {fd, fresh};
}

/** Closes it. A server root that was made for it, holds nothing else and is nobody's by now goes too: the start came to nothing. */
export function closeOutput({fd, fresh}: OutputFile, plan: ServerPlan): void {
  closeSync(fd);
  const {root, lock} = plan.paths;
  if (fresh && existsSync(root) && readdirSync(root).join() === 'wsgideck' && !isHeld(lock)) removeServerRoot(plan);
}

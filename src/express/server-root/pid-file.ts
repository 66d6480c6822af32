import {readFileSync, readlinkSync, realpathSync, rmSync} from 'node:fs';
import type {ServerPlan} from '../plan/server-plan.ts';
import {readRegular} from '../regular-file.ts';
import {startTimeOf} from './lock.ts';

/** Apache's pid file, and how an Apache of the same server root is known. */
export interface PidFile {
  path: string;
  /** The generated configuration, which is on the command line of every Apache of this server root. */
  conf: string;
  /** Apache's program. */
  httpd: string;
  /** Lies in a folder that other servers may use too (--pid-file). */
  elsewhere: boolean;
}

/** The pid file of a plan. */
export const pidFileOf = ({paths, httpd}: ServerPlan): PidFile => ({
  path: paths.pidFile,
  conf: paths.conf,
  httpd: httpd.path,
  elsewhere: !paths.pidFile.startsWith(`${paths.root}/`),
});

/** The Apache that a pid file names. */
export interface NamedApache {
  pid: number;
  /** Of this server root, or (of a pid file elsewhere) some other. */
  ours: boolean;
  /** Started under a supervisor, not by apachectl: it stops by itself when that has gone. */
  supervised: boolean;
}

/**
 * The Apache that is named in a pid file; null when there is none. The number alone says nothing: after a restart of the container or the machine it
 * may be anybody's, so the process is judged by what it runs.
 */
export function namedApache({path, conf, httpd, elsewhere}: PidFile): NamedApache | null {
  const text = readRegular(path, 100, 'latin1');
  const pid = Number(text?.trim());
  if (!Number.isSafeInteger(pid) || pid <= 1 || startTimeOf(pid) === null) return null;
  const words = argumentsOf(pid);
  if (words?.includes(conf)) return {pid, ours: true, supervised: words.includes('WSGIDECK')};
  return elsewhere && runs(pid, httpd) ? {pid, ours: false, supervised: false} : null;
}

/**
 * Removes a pid file whose number is no Apache's of this server root: Apache takes any living process with that number for itself, and does not start.
 * @throws Error when it names an Apache that would be in the way, or cannot be removed.
 */
export function forgetPidFile(file: PidFile): void {
  const apache = namedApache(file);
  if (apache !== null) throw new Error(`Apache (pid ${apache.pid}) already runs with the pid file ${file.path}`);
  try {
    rmSync(file.path, {force: true});
  } catch (error) {
    throw new Error(`the pid file ${file.path} of an earlier run cannot be removed: ${(error as Error).message}; remove it`, {
      cause: error,
    });
  }
}

function argumentsOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return null;
  }
}

function runs(pid: number, program: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === realpathSync(program);
  } catch {
    return false;
  }
}

/**
 * The mark by which the processes of one run are known after everything that watched over them was
 * killed.
 */
import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';

/**
 * The guard's descendants carry this in their environment; the guard writes its value into its
 * status file, which only its user can read.
 */
export const MARK = 'WSGIDECK_GUARD';

export interface Mark {
  supervisorPid: number;
  /** Counts the runs of one supervisor. */
  serial: number;
  /** Users that the processes of the run may belong to. */
  uids: readonly number[];
  /** Absolute path of the guard's status file. */
  statusFile: string;
}

/** What a status file says about a run whose guard has not seen the end. */
export interface Record {
  guardPid: number;
  /** Clock ticks since boot. */
  guardStart: number;
  apachePid: number | null;
  apacheStart: number | null;
  /** The whole value of the mark. */
  value: string;
  mark: Mark;
  /** Owner of the file. */
  owner: number;
}

/** Larger than any status file that matters here: its beginning tells. */
const LIMIT = 16 * 1024;

/**
 * Cannot be guessed: a process that carries it inherited it, or has read a file that only its user
 * can read.
 */
export function markOf({supervisorPid, serial, uids, statusFile}: Mark): string {
  const secret = [0, 1].map(() => Math.random().toString(36).slice(2)).join('');
  return `${supervisorPid}-${Date.now()}-${serial}-${secret}:${uids.join(',')}:${statusFile}`;
}

/**
 * Reads a mark's value; null for what is none. Any user's process can carry one, so only a file of
 * the guard's own name is taken from it: a name that no device or other special file has which only
 * root can make.
 */
export function parseMark(value: string): Mark | null {
  const [, pid, serial, uids, statusFile] =
    /^(\d{1,10})-\d{1,15}-(\d{1,10})-\w{1,40}:(\d{1,10}(?:,\d{1,10}){0,63}):(\/[^\n\0]{0,4096}\/guard\.status)$/.exec(value) ?? [];
  if (pid === undefined) return null;
  return {supervisorPid: Number(pid), serial: Number(serial), uids: uids!.split(',').map(Number), statusFile: statusFile!};
}

/**
 * The record of a run that its guard did not see end; null when it did, or when this is no such
 * file. Others may have named the path.
 */
export function readRecord(statusFile: string): Record | null {
  let fd: number;
  try {
    fd = openSync(statusFile, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const info = fstatSync(fd);
    if (!info.isFile() || info.nlink !== 1 || (info.mode & 0o077) !== 0) return null;
    const buffer = Buffer.alloc(LIMIT);
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, LIMIT, 0));
    const tail = info.size > LIMIT ? buffer.toString('utf8', 0, readSync(fd, buffer, 0, LIMIT, info.size - LIMIT)) : '';
    return /^(?:exited|signalled|cannot-run) /m.test(text + tail) ? null : parseRecord(text, info.uid);
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

function parseRecord(text: string, owner: number): Record | null {
  const guard = /^guard (\d{1,10})$/m.exec(text);
  const marked = /^mark (\d{1,15}) (.+)$/m.exec(text);
  const started = /^started (\d{1,10}) (\d{1,15})$/m.exec(text);
  const mark = marked && parseMark(marked[2]!);
  if (!guard || !mark) return null;
  return {
    guardPid: Number(guard[1]),
    guardStart: Number(marked[1]),
    apachePid: started ? Number(started[1]) : null,
    apacheStart: started ? Number(started[2]) : null,
    value: marked[2]!,
    mark,
    owner,
  };
}

import {closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import {openRegular, readRegular} from '../regular-file.ts';
import {flock} from '../syscalls.ts';

/**
 * Who runs a server root. The kernel holds the lock on `ROOT/wsgideck/lock` for as long as its holder lives; what is written in the file,
 * `PID STARTTIME flock`, tells readers who that is. Version 0.1, and file systems without locks, have the first two words only.
 */
export interface LockOwner {
  pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot; "" where there is no /proc. Tells a process from a later one with the same pid. */
  startTime: string;
  /** The kernel holds the lock: only that tells whether it is held, numbers do not. */
  kernel: boolean;
}

/** Start time of a living process, "" where the system does not tell, null when there is no such process. */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name may hold blanks and brackets; the fields after its last bracket do not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; in a container whose init does not reap, it stays for ever.
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? '');
  } catch {
    try {
      process.kill(pid, 0);
      return '';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : null;
    }
  }
}

/** Bytes of a lock file that count. */
const LIMIT = 200;

/** The living process that is written in a lock file, or null: no file, or left behind by a process that is gone. */
export function liveOwner(lock: string): LockOwner | null {
  const text = readRegular(lock, LIMIT);
  if (text === null) return null;
  const [pidText, startTime = '', kind] = text.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  const now = startTimeOf(pid);
  if (now === null || (startTime !== '' && now !== '' && now !== startTime)) return null;
  return {pid, startTime, kernel: kind === 'flock'};
}

/** What a try for a lock gave: it is ours now, or somebody else has it. `owner` is null while that one has not written who it is. */
export type LockTry = {ours: true; kernel: boolean} | {ours: false; owner: LockOwner | null};

/** Locks of this process, by path: their descriptors. */
const held = new Map<string, number>();

/**
 * Makes this process the holder of a lock file, if nobody else is, until `releaseLock` or its death. Of any number that try at once one succeeds.
 * @throws the system's error when the file cannot be made or written, or an error in one line when something else is in its place.
 */
export function tryLock(lock: string): LockTry {
  if (held.has(lock)) return {ours: true, kernel: true};
  for (;;) {
    const fd = openRegular(lock, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const answer = flock(fd);
      // Whoever let go of it has deleted it: then this is not the file that others try.
      if (answer !== 'busy' && !isThere(fd, lock)) {
        closeSync(fd);
        continue;
      }
      const owner = liveOwner(lock);
      const byNumber = owner !== null && !owner.kernel && owner.pid !== process.pid;
      if (answer === 'busy' || byNumber) {
        closeSync(fd);
        return {ours: false, owner};
      }
      sign(fd, answer === 'taken');
      held.set(lock, fd);
      if (answer === 'taken') return {ours: true, kernel: true};
      return liveOwner(lock)?.pid === process.pid ? {ours: true, kernel: false} : {ours: false, owner: liveOwner(lock)};
    } catch (error) {
      if (held.get(lock) !== fd) closeSync(fd);
      throw error;
    }
  }
}

/** Do we hold it. */
export const holdsLock = (lock: string): boolean => held.has(lock);

/** Takes over a lock whose descriptor our parent has handed to us; false when it is none of this file. */
export function inheritLock(lock: string, fd: number): boolean {
  try {
    if (!isThere(fd, lock) || flock(fd) !== 'taken') return false;
    sign(fd, true);
    held.set(lock, fd);
    return true;
  } catch {
    return false;
  }
}

/** The descriptor of a lock that we hold, for a child that is to have it. @throws Error when we do not hold it. */
export function lockDescriptor(lock: string): number {
  const fd = held.get(lock);
  if (fd === undefined) throw new Error(`the lock ${lock} is not held`);
  return fd;
}

/** For a lock that we hold: makes its file anew when somebody has deleted it. `lost` when another has taken the new one meanwhile. */
export function renewLock(lock: string): 'kept' | 'anew' | 'lost' {
  const fd = held.get(lock);
  if (fd === undefined || isThere(fd, lock)) return 'kept';
  held.delete(lock);
  try {
    const attempt = tryLock(lock);
    if (attempt.ours) closeSync(fd);
    return attempt.ours ? 'anew' : 'lost';
  } finally {
    if (!held.has(lock)) held.set(lock, fd);
  }
}

/** Gives a lock back that we hold; one that somebody else holds is left alone. @param passedOn a child has it now. */
export function releaseLock(lock: string, passedOn = false): void {
  const fd = held.get(lock);
  if (fd === undefined) return;
  held.delete(lock);
  // Deleted first, while nobody else can hold it.
  if (!passedOn && isThere(fd, lock)) rmSync(lock, {force: true});
  closeSync(fd);
}

/** Does somebody hold the kernel's lock on a file at this moment; `none` where it has no such lock, or is not there. */
export function lockedNow(path: string): 'busy' | 'free' | 'none' {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return 'none';
  }
  try {
    const answer = flock(fd);
    return answer === 'taken' ? 'free' : answer;
  } finally {
    closeSync(fd);
  }
}

/** The process that holds a lock file, not us: what the kernel says counts, numbers only where it says nothing. */
export function holderOf(lock: string): LockOwner | null {
  if (held.has(lock)) return null;
  const owner = liveOwner(lock);
  if (owner === null || owner.pid === process.pid) return null;
  return owner.kernel && lockedNow(lock) === 'free' ? null : owner;
}

/** Is a lock file held by anybody, visible from here or not. */
export const isHeld = (lock: string): boolean => held.has(lock) || lockedNow(lock) === 'busy' || holderOf(lock) !== null;

function sign(fd: number, kernel: boolean): void {
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid} ${startTimeOf(process.pid) ?? ''}${kernel ? ' flock' : ''}\n`, 0);
}

/** Is the open file the one that the path names. */
function isThere(fd: number, path: string): boolean {
  const open = fstatSync(fd);
  const named = lstatSync(path, {throwIfNoEntry: false});
  return named !== undefined && named.ino === open.ino && named.dev === open.dev;
}

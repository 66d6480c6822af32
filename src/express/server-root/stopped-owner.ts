import {lstatSync, readFileSync, statSync} from 'node:fs';
import {liveOwner, lockedNow} from './lock.ts';

/** That a supervisor is stopped, with the remedy. */
export const stoppedText = (pid: number): string => `the supervisor (pid ${pid}) is stopped; kill -CONT ${pid} continues it`;

/** Has a signal stopped this process (state T in /proc)? */
export function isStoppedNow(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  } catch {
    return false;
  }
}

/** The process that a lock file names, while it is stopped: its start time fits. Null otherwise, and when the file cannot be read. */
export function stoppedOwner(lock: string): number | null {
  const owner = liveOwner(lock);
  return owner !== null && owner.startTime !== '' && isStoppedNow(owner.pid) ? owner.pid : null;
}

/**
 * Continues the stopped holder of a lock. Anybody could write a number into a file of their own, so only a process with the start time that is written
 * there, of the user whose file it is, gets the signal, and only while the lock is held.
 * @returns its pid; null when there is no such process.
 * @throws the system's error when it may not be signalled.
 */
export function continueOwner(lock: string): number | null {
  const pid = stoppedOwner(lock);
  if (pid === null) return null;
  const {kernel} = liveOwner(lock) ?? {kernel: true};
  const file = lstatSync(lock, {throwIfNoEntry: false});
  const owner = statSync(`/proc/${pid}`, {throwIfNoEntry: false});
  if (!file?.isFile() || file.uid !== owner?.uid || (kernel && lockedNow(lock) !== 'busy')) return null;
  process.kill(pid, 'SIGCONT');
  return pid;
}

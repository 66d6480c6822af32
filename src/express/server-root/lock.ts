import {readFileSync, rmSync, writeFileSync} from 'node:fs';

/** Who runs a server root: written to `ROOT/wsgideck/lock` as `PID STARTTIME`. */
export interface LockOwner {
  pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot; "" where there is no /proc. Tells a process from a later one with the same pid. */
  startTime: string;
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

/** The living process that holds a lock file, or null: no lock, or left behind by a process that is gone. */
export function liveOwner(lock: string): LockOwner | null {
  let text: string;
  try {
    text = readFileSync(lock, 'utf8');
  } catch {
    return null;
  }
  const [pidText, startTime = ''] = text.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  const now = startTimeOf(pid);
  if (now === null || (startTime !== '' && now !== '' && now !== startTime)) return null;
  return {pid, startTime};
}

/**
 * Makes this process the holder of a lock file. Of two that try at once, one fails.
 * @throws Error when a living process holds it
 */
export function takeLock(lock: string): void {
  const text = `${process.pid} ${startTimeOf(process.pid) ?? ''}\n`;
  try {
    writeFileSync(lock, text, {flag: 'wx', mode: 0o600});
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = liveOwner(lock);
  if (owner && owner.pid !== process.pid) {
    throw new Error(`server root in use: wsgideck (pid ${owner.pid}) has just started there; stop it first`);
  }
  rmSync(lock, {force: true});
  writeFileSync(lock, text, {flag: 'wx', mode: 0o600});
}

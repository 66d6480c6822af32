/**
 * What is left of a server when Apache's parent, its guard and its supervisor were killed at once:
 * MPM children and daemons that serve on.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {processUid} from '../sources/agent/proc.ts';
import {isSame, readProcess} from '../sources/processes/proc-stat.ts';
import {MARK, readRecord, type Record} from './guard-mark.ts';
import {findProcesses, sweepInstance, type SweepResult, type SweepTarget} from './guard-sweep.ts';

export interface LeftBehind {
  statusFile: string;
  /** Living processes of the run. */
  pids: number[];
  target: SweepTarget;
}

/**
 * Seconds that an Apache's parent which is stopping already has, and milliseconds for daemons
 * without one: mod_wsgi's own default.
 */
const GRACE = 15;
const ORPHANS_MS = 5000;
/** Milliseconds between two looks at a guard. */
const LOOK = 50;

/**
 * The processes of the run that a guard's status file tells of, when no guard or supervisor watches
 * over them; null when one does, or no process is left. Known by the mark in their environment, or
 * by the session that Apache led, never by name; and only those of the run's own users.
 */
export function findLeftBehind(statusFile: string): LeftBehind | null {
  const record = readRecord(statusFile);
  if (record === null || isWatched(record)) return null;
  const target = {
    guardPid: record.guardPid,
    guardStart: record.guardStart,
    apachePid: record.apachePid,
    apacheStart: record.apacheStart,
    mark: `${MARK}=${record.value}`,
    uids: usersOf(record),
  };
  const pids = findProcesses(target) ?? [];
  return pids.length > 0 ? {statusFile, pids, target} : null;
}

/**
 * Ends them: asked first, then killed.
 * @param now does not give them the time to finish. Never rejects.
 */
export function endLeftBehind({target}: LeftBehind, now = false): Promise<SweepResult> {
  return sweepInstance(target, now ? {graceSeconds: 0} : {graceSeconds: GRACE, shutdownSeconds: ORPHANS_MS / 1000, orphansMs: ORPHANS_MS});
}

/**
 * A guard whose supervisor was killed ends its run by itself, but not while it is stopped
 * (SIGSTOP): then it is continued. Waits for its end.
 * @returns null where no such guard runs; otherwise whether it has ended within `ms`.
 */
export async function awaitGuard(statusFile: string, ms: number): Promise<boolean | null> {
  const record = readRecord(statusFile);
  if (record === null || !runs(record.guardPid, record.guardStart) || watcherOf(record) !== null) return null;
  for (const end = performance.now() + ms; runs(record.guardPid, record.guardStart); await sleep(LOOK)) {
    if (performance.now() > end) return false;
    if (readProcess(record.guardPid)?.state === 'T' && usersOf(record).has(processUid(record.guardPid) ?? -1)) {
      try {
        process.kill(record.guardPid, 'SIGCONT');
      } catch {
        return false; // not ours to signal
      }
    }
  }
  return true;
}

const runs = (pid: number, startTicks: number): boolean => isSame(pid, startTicks) && readProcess(pid)?.state !== 'Z';

/** A guard ends its run by itself, a supervisor after its guard's death. */
const isWatched = (record: Record): boolean => runs(record.guardPid, record.guardStart) || watcherOf(record) !== null;

/** The supervisor, while it lives. */
function watcherOf({guardStart, mark}: Record): number | null {
  const found = readProcess(mark.supervisorPid);
  return found !== null && found.state !== 'Z' && found.startTicks <= guardStart ? mark.supervisorPid : null;
}

/**
 * The file's owner could write anything into it: root alone can have started processes of other
 * users.
 */
function usersOf({mark, owner}: Record): ReadonlySet<number> {
  return new Set(owner === 0 ? mark.uids : [owner]);
}

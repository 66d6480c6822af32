/** What is left of a server when Apache's parent, its guard and its supervisor were killed at once: MPM children and daemons that serve on. */
import {isSame, readProcess} from '../sources/processes/proc-stat.ts';
import {MARK, readRecord, type Record} from './guard-mark.ts';
import {findProcesses, sweepInstance, type SweepResult, type SweepTarget} from './guard-sweep.ts';

export interface LeftBehind {
  statusFile: string;
  /** Living processes of the run. */
  pids: number[];
  target: SweepTarget;
}

/** Seconds that an Apache's parent which is stopping already has, and milliseconds for daemons without one: mod_wsgi's own default. */
const GRACE = 15;
const ORPHANS_MS = 5000;

/**
 * The processes of the run that a guard's status file tells of, when nobody watches over them any more; null when somebody does, or none is left.
 * Known by the mark in their environment, or by the session that Apache led, never by name; and only those of the run's own users.
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

/** Ends them: asked first, then killed. @param now does not give them the time to finish. Never rejects. */
export function endLeftBehind({target}: LeftBehind, now = false): Promise<SweepResult> {
  return now ? sweepInstance(target, 0, 0) : sweepInstance(target, GRACE, ORPHANS_MS);
}

/** A guard ends its run by itself, a supervisor after its guard's death. */
function isWatched({guardPid, guardStart, mark}: Record): boolean {
  if (isSame(guardPid, guardStart) && readProcess(guardPid)?.state !== 'Z') return true;
  const supervisor = readProcess(mark.supervisorPid);
  return supervisor !== null && supervisor.state !== 'Z' && supervisor.startTicks <= guardStart;
}

/** The file's owner could write anything into it: root alone can have started processes of other users. */
function usersOf({mark, owner}: Record): ReadonlySet<number> {
  return new Set(owner === 0 ? mark.uids : [owner]);
}

import {readFileSync, readdirSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {catchesSignal, processUid} from '../sources/agent/proc.ts';

/** How the processes of one guard are known. Start times are field 22 of /proc/PID/stat: a pid that is used again has another one. */
export interface SweepTarget {
  guardPid: number;
  guardStart: number | null;
  apachePid: number | null;
  apacheStart: number | null;
  /** `NAME=value` that every descendant inherited in its environment; finds those that left the sessions. */
  mark: string;
  /** Only processes of these users are ours: whoever fakes the mark is not signalled. All users when absent. */
  uids?: ReadonlySet<number>;
}

export interface SweepResult {
  /** False where there is no /proc to look at: nothing was done then. */
  checked: boolean;
  /** Everything that was still there at the first look. */
  found: number[];
  /** Those that needed SIGKILL. */
  killed: number[];
  /** Those that are there even now (uninterruptible sleep, or not ours to signal). */
  left: number[];
}

const POLL_MS = 25;
/** Without Apache's parent there is nobody to stop the others in order: ask them, then do not wait long. */
const ORPHANS_MS = 1000;
const GIVE_UP_MS = 5000;
/** An MPM child without its parent keeps Apache's handlers, this one among them, and does nothing when it is told to stop. */
const SIGWINCH = 28;

/**
 * Ends what a dead guard left behind. Apache's parent, if it lives, has been told to stop by the kernel and gets `graceSeconds` for it;
 * whoever is there after that is killed. Never rejects.
 * @param orphansMs milliseconds that the others have when there is no such parent.
 */
export async function sweepInstance(target: SweepTarget, graceSeconds: number, orphansMs = ORPHANS_MS): Promise<SweepResult> {
  const first = findProcesses(target);
  if (first === null) return {checked: false, found: [], killed: [], left: []};
  const found = new Set(first);
  const asked = new Set<number>();
  const killed = new Set<number>();
  const start = performance.now();
  let orphansSince: number | null = null;
  let living = first;
  while (living.length > 0) {
    const now = performance.now();
    const parent = target.apachePid !== null && living.includes(target.apachePid);
    if (!parent) orphansSince ??= now;
    const patience = orphansMs > ORPHANS_MS && living.every((pid) => catchesSignal(pid, SIGWINCH)) ? ORPHANS_MS : orphansMs;
    const termUntil = Math.min(start + graceSeconds * 1000, (orphansSince ?? Infinity) + patience);
    if (now > termUntil + GIVE_UP_MS) break;
    for (const pid of living) {
      found.add(pid);
      if (now >= termUntil) {
        if (send(pid, 'SIGKILL')) killed.add(pid);
      } else if (!asked.has(pid) && (pid === target.apachePid || !parent)) {
        asked.add(pid);
        send(pid, 'SIGTERM');
        send(pid, 'SIGCONT');
      }
    }
    await sleep(POLL_MS);
    living = findProcesses(target) ?? [];
  }
  return {checked: true, found: [...found], killed: [...killed], left: living};
}

/** Start time of a process in clock ticks since boot, or null when it is gone or this platform has no /proc. */
export function processStart(pid: number): number | null {
  return readStat(pid)?.start ?? null;
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // gone in the meantime, or not ours
  }
}

/** Living processes of our users that belong to the session of the guard or of Apache, or carry the guard's mark; null without /proc. */
export function findProcesses(target: SweepTarget): number[] | null {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return null;
  }
  if (!names.includes('self')) return null;
  const sessions = new Set([
    ...sessionOf(target.guardPid, target.guardStart),
    ...(target.apachePid === null ? [] : sessionOf(target.apachePid, target.apacheStart)),
  ]);
  const found: number[] = [];
  for (const name of names) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || pid === target.guardPid) continue;
    const stat = readStat(pid);
    if (stat === null || stat.state === 'Z' || stat.state === 'X') continue;
    if (target.guardStart !== null && stat.start < target.guardStart) continue;
    const ours =
      (pid === target.apachePid && stat.start === target.apacheStart) || sessions.has(stat.session) || carriesMark(pid, target.mark);
    if (ours && (target.uids === undefined || target.uids.has(processUid(pid) ?? -1))) found.push(pid);
  }
  return found;
}

/** While a session has members the kernel gives its number to nobody else; if the number has a new owner, the session was empty. */
function sessionOf(pid: number, start: number | null): number[] {
  const leader = readStat(pid);
  return start !== null && (leader === null || leader.start === start) ? [pid] : [];
}

function carriesMark(pid: number, mark: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0${mark}\0`);
  } catch {
    return false; // gone, or not ours to look into
  }
}

function readStat(pid: number): {state: string; session: number; start: number} | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The command name in field 2 may hold spaces and brackets: fields are counted from its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {state: fields[0] ?? '', session: Number(fields[3]), start: Number(fields[19])};
}

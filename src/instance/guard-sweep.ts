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
/** As in the guard (native-shim/guard/stop.c). */
const FIRST_LOOK_MS = 150;
const MARGIN_MS = 450;
const SIGTERM = 15;
const SIGWINCH = 28;

/** How much time whom is given. */
export interface SweepTimes {
  /** Seconds that an Apache's parent, which the kernel has told to stop, has to end in. */
  graceSeconds: number;
  /** Seconds of these for the daemons and MPM children below it; all unless told. */
  shutdownSeconds?: number;
  /** Milliseconds for everybody else, when there is no such parent; a second unless told. */
  orphansMs?: number;
}

/**
 * Ends what a dead guard left behind, as the guard would have: Apache's parent is told again and again, because it forgets a stop during a hard restart, its
 * daemons are told as well, because it would tell them last; whoever is there in the end is killed. Never rejects.
 */
export async function sweepInstance(
  target: SweepTarget,
  {graceSeconds, shutdownSeconds = graceSeconds, orphansMs = ORPHANS_MS}: SweepTimes,
): Promise<SweepResult> {
  const first = findProcesses(target);
  if (first === null) return {checked: false, found: [], killed: [], left: []};
  const found = new Set(first);
  const asked = new Set<number>();
  const killed = new Set<number>();
  const ask = (pid: number) => {
    if (asked.has(pid)) return;
    asked.add(pid);
    send(pid, 'SIGTERM');
    send(pid, 'SIGCONT');
  };
  const kill = (pid: number) => send(pid, 'SIGKILL') && killed.add(pid);
  const start = performance.now();
  let orphansSince: number | null = null;
  let living = first;
  while (living.length > 0) {
    const now = performance.now();
    const parent = target.apachePid !== null && living.includes(target.apachePid) ? target.apachePid : null;
    if (parent === null) orphansSince ??= now;
    const patience = orphansMs > ORPHANS_MS && living.every(isMpmChild) ? ORPHANS_MS : orphansMs;
    const termUntil = Math.min(start + graceSeconds * 1000, (orphansSince ?? Infinity) + patience);
    if (now > termUntil + GIVE_UP_MS) break;
    for (const pid of living) {
      found.add(pid);
      if (now >= termUntil) kill(pid);
      else if (parent === null) ask(pid);
      else if (pid === parent && asked.has(pid)) send(pid, 'SIGTERM');
      else if (pid === parent) ask(pid);
      else if (now > start + shutdownSeconds * 1000 + MARGIN_MS) kill(pid);
      else if (now > start + FIRST_LOOK_MS && isDaemon(pid)) ask(pid);
    }
    await sleep(POLL_MS);
    living = findProcesses(target) ?? [];
  }
  return {checked: true, found: [...found], killed: [...killed], left: living};
}

/** An MPM child keeps Apache's handlers, this one among them, and does nothing when it is told to stop. */
const isMpmChild = (pid: number): boolean => catchesSignal(pid, SIGWINCH);
/** A daemon process of mod_wsgi has one for a stop, and not this one. */
const isDaemon = (pid: number): boolean => catchesSignal(pid, SIGTERM) && !catchesSignal(pid, SIGWINCH);

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

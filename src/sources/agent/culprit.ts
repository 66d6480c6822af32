/**
 * Which thread holds the interpreter. Pure: evidence in, verdict out.
 *
 * The dump cannot say it: on a signal the "current" thread is whoever the kernel chose. What tells the holder from those who wait for it
 * (measured on Python 3.11, Linux): a waiter sleeps in steps of the interpreter's 5 ms switch interval, so its count of voluntary context
 * switches grows by 200 a second; the holder is on a processor, or sleeps without such steps. A thread that a healthy sample has
 * already seen at the same line was there while the interpreter was free: it is not the one.
 */
import type {Frame} from '../../model/stacks.ts';
import type {FaultThread} from './fault-dump.ts';
import type {ThreadReading} from './proc.ts';

export type Activity = 'running' | 'waits-for-gil' | 'asleep' | 'unknown';

export interface Suspect {
  thread: FaultThread;
  activity: Activity;
  /** Milliseconds since the epoch when its request began; null for a thread without one. */
  startedAt: number | null;
  /** Does the last sample that was answered show the same request at the same line of the application. */
  unmoved: boolean;
  /** The source line of its innermost frame, where it could be read. */
  source: string | null;
}

export interface Verdict {
  thread: FaultThread;
  /** The frame to name: the innermost one of the application, else the innermost. */
  frame: Frame;
}

/** Calls that give the interpreter away while they wait. */
const WAITING_LINE = /\b(?:sleep|wait|acquire|join|recv|recvfrom|accept|connect|select|poll|communicate|getaddrinfo|urlopen)\s*\(/;
const WAITING_FILE =
  /\/(?:threading|selectors|socket|ssl|queue|subprocess|asyncio\/[a-z_]+|concurrent\/futures\/[a-z_]+|gevent\/[a-z_]+|eventlet\/[a-z_/]+)\.py$/;

/**
 * What a thread did between two readings `ms` apart, 50 at least. Thresholds are low because a busy machine slows everybody: a waiter needs
 * 0.2 % of a processor and wakes up some 20 times in 100 ms, a sleeper not at all (once, if the signal hit it).
 */
export function activityOf(before: ThreadReading | undefined, after: ThreadReading | undefined, ms: number): Activity {
  if (!before || !after) return 'unknown';
  if (after.cpuNs - before.cpuNs > ms * 1e6 * 0.05) return 'running';
  return after.switches - before.switches >= 2 ? 'waits-for-gil' : 'asleep';
}

/** The thread most likely to hold the interpreter; null when none of them runs Python code of anybody but the agent. */
export function chooseCulprit(suspects: Suspect[], isOwn: (file: string) => boolean, isAgent: (file: string) => boolean): Verdict | null {
  let best: {suspect: Suspect; score: number} | null = null;
  for (const suspect of suspects) {
    const {frames} = suspect.thread;
    if (frames.every((frame) => isAgent(frame.file))) continue;
    const score = weigh(suspect, isOwn);
    const newer = (suspect.startedAt ?? 0) > (best?.suspect.startedAt ?? 0);
    if (!best || score > best.score || (score === best.score && newer)) best = {suspect, score};
  }
  if (!best) return null;
  const {thread} = best.suspect;
  return {thread, frame: thread.frames.find((frame) => isOwn(frame.file)) ?? thread.frames[0]!};
}

function weigh({thread, activity, startedAt, unmoved, source}: Suspect, isOwn: (file: string) => boolean): number {
  const innermost = thread.frames[0]!;
  let score = {running: 8, 'waits-for-gil': -8, asleep: 0, unknown: 0}[activity];
  if (startedAt !== null) score += 2;
  if (thread.frames.some((frame) => isOwn(frame.file))) score += 1;
  if (unmoved) score -= 3;
  if (activity !== 'running' && (WAITING_FILE.test(innermost.file) || (source !== null && WAITING_LINE.test(source)))) score -= 2;
  return score;
}

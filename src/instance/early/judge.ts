/** Stuck, waiting or slow: what several samples of one request's stack say together. Pure. */
import type {ActiveRequest} from '../../model/events.ts';
import type {Frame} from '../../model/stacks.ts';
import type {RequestVerdict} from '../../model/verdict.ts';
import type {KernelThread} from '../../sources/stacks/kernel-threads.ts';
import type {Stream} from './streams.ts';
import {looksLikeWaiting, waitsIn} from './waits-in.ts';

/** One sample of one request. */
export interface Look {
  /** Milliseconds since the epoch. */
  at: number;
  /** Innermost first, with source lines. */
  frames: readonly Frame[];
  /** Its thread at the same moment; null where the kernel does not tell. */
  kernel: KernelThread | null;
}

/** Samples that a verdict takes. */
export const LOOKS = 3;
/** More than this share of the time on a processor is computing: waiting threads have none, those who share the interpreter little. */
const COMPUTES = 0.05;
/** A thread that wants the interpreter wakes up every 5 ms (its switch interval), 20 times a second on the busiest machine measured. */
const CONTENDS = 20;

/**
 * @param isOwn whether a file is the application's own.
 * @param stream what has been passed on of its response: while more comes it moves, whatever its stack looks like, and while nothing comes it may
 * wait for something to tell until a whole request would have to be over.
 */
export function judge(
  request: Pick<ActiveRequest, 'id' | 'pid' | 'method' | 'url' | 'startedAt'>,
  looks: readonly Look[],
  isOwn: (file: string) => boolean,
  stream: Stream | null = null,
): RequestVerdict {
  const newest = looks.at(-1);
  const frames = newest?.frames ?? [];
  const {computes, wakes} = activity(looks, looksLikeWaiting(frames));
  const moved = looks.findLastIndex((one) => !sameStack(one.frames, frames, computes));
  const same = looks.length - 1 - moved;
  const moves = same < looks.length || stream?.progress === 'moving' || (stream?.progress === 'pausing' && !computes);
  const verdict = looks.length < LOOKS ? 'unknown' : moves ? 'slow' : computes ? 'stuck' : 'waiting';
  return {
    requestId: request.id,
    pid: request.pid,
    method: request.method,
    url: request.url,
    startedAt: request.startedAt,
    at: newest?.at ?? request.startedAt,
    verdict,
    same,
    samples: looks.length,
    frame: frames[0] ?? null,
    own: frames.find((one) => isOwn(one.file)) ?? null,
    ...(verdict === 'waiting' ? {waitsIn: waitsIn(frames, newest?.kernel ?? null, wakes)} : {}),
    captures: [],
    ...(stream === null ? {} : {pieces: stream.pieces, silentSince: stream.silentSince}),
  };
}

/**
 * Computing, or waiting for something outside? What the kernel has counted between the first and the last look decides; where it tells nothing,
 * the innermost call does.
 */
function activity(looks: readonly Look[], inWaitingCall: boolean): {computes: boolean; wakes: number} {
  const first = looks[0];
  const last = looks.at(-1);
  const seconds = first && last ? (last.at - first.at) / 1000 : 0;
  if (!first?.kernel || !last?.kernel || seconds <= 0) return {computes: !inWaitingCall, wakes: 0};
  const share = (last.kernel.cpuMs - first.kernel.cpuMs) / 1000 / seconds;
  const wakes = (last.kernel.switches - first.kernel.switches) / seconds;
  if (share > COMPUTES) return {computes: true, wakes};
  // Runnable at each look but never scheduled, or waiting for the interpreter itself: it would compute if it could.
  if (looks.every((one) => one.kernel?.state === 'R')) return {computes: true, wakes};
  return {computes: wakes > CONTENDS && !inWaitingCall, wakes};
}

/** Equal in file, line and function; a thread that computes may go around in its innermost function. */
function sameStack(one: readonly Frame[], other: readonly Frame[], computes: boolean): boolean {
  if (one.length !== other.length) return false;
  return one.every((frame, index) => {
    const {file, line, func} = other[index]!;
    return frame.file === file && frame.func === func && (frame.line === line || (computes && index === 0));
  });
}

/** What a response that is passed on piece by piece says of its request. Pure. */
import type {ActiveRequest} from '../../model/events.ts';
import type {StreamFacts} from '../../model/verdict.ts';

/**
 * `moving`: something has come, or will, by its own pace; `pausing`: nothing comes, as in an event stream that has nothing to tell;
 * `overdue`: that for longer than a whole request may take.
 */
export interface Stream extends StreamFacts {
  progress: 'moving' | 'pausing' | 'overdue';
}

/** A stream that has passed nothing on for longer than this, and than so many times its usual pause, pauses. Milliseconds. */
const PATIENCE = 2000;
const TIMES = 2;

type Streamed = Pick<ActiveRequest, 'startedAt' | 'pieces' | 'silentSince'>;

/**
 * @param limit seconds that a request may take, 0 for no limit: then no pause is too long. @param now milliseconds since the epoch.
 * @returns null for what has passed nothing on yet, and for what is no stream.
 */
export function streamOf({startedAt, pieces = 0, silentSince}: Streamed, limit: number, now: number): Stream | null {
  if (pieces === 0 || silentSince === undefined) return null;
  const silent = now - silentSince;
  const usual = (silentSince - startedAt) / pieces;
  const moves = silent <= Math.max(PATIENCE, TIMES * usual);
  return {pieces, silentSince, progress: moves ? 'moving' : limit > 0 && silent >= limit * 1000 ? 'overdue' : 'pausing'};
}

/** How old a request is, in seconds, when its silence becomes as long as `limit`; null for what is no stream, and without a limit. */
export function overdueAt({startedAt, pieces = 0, silentSince}: Streamed, limit: number): number | null {
  return pieces === 0 || silentSince === undefined || limit <= 0 ? null : (silentSince - startedAt) / 1000 + limit;
}

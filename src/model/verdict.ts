/** Is a long request stuck or slow: told by comparing its stack in several samples. */
import type {Frame} from './stacks.ts';

export interface RequestVerdict {
  /** mod_wsgi.request_id */
  requestId: string;
  pid: number;
  method: string;
  url: string;
  startedAt: number;
  /** Time of the newest sample, milliseconds since the epoch. */
  at: number;
  /**
   * `stuck`: the same innermost frames in all samples; `slow`: they move, or the response does, or it is a stream that pauses; `waiting`: stuck in a call that waits for something outside
   * (socket, lock, file, child) with the GIL free; `unknown`: fewer than three samples.
   */
  verdict: 'stuck' | 'slow' | 'waiting' | 'unknown';
  /** Samples that showed the same frames, and samples taken. */
  same: number;
  samples: number;
  /** Innermost frame, and the innermost frame of the application's own code, at the newest sample. */
  frame: Frame | null;
  own: Frame | null;
  /** What it waits in, in plain words ("socket.recv", "acquiring a lock"), where that can be told. */
  waitsIn?: string;
  /** Ids of the captures the samples came from, oldest first. */
  captures: number[];
  /** It streams: see `StreamFacts`. */
  pieces?: number;
  silentSince?: number;
}

/** A response that has been passed on in part. */
export interface StreamFacts {
  /** So many pieces. */
  pieces: number;
  /** The last one, milliseconds since the epoch. */
  silentSince: number;
}

/** What makes a pause worth a word, in milliseconds. */
const SILENCE = 2000;

/** `streaming, 12 pieces so far, silent for 8 s`. @param now milliseconds since the epoch. */
export function streamWords({pieces = 0, silentSince}: Partial<StreamFacts>, now: number): string {
  const silent = silentSince === undefined ? 0 : now - silentSince;
  const pause = silent < SILENCE ? '' : `, silent for ${silenceWords(silent)}`;
  return `streaming, ${pieces} piece${pieces === 1 ? '' : 's'} so far${pause}`;
}

/** `61 s`, `12 min`. */
function silenceWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

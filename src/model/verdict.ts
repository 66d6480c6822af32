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
   * `stuck`: the same innermost frames in all samples; `slow`: they move, or the response does; `waiting`: stuck in a call that waits for something outside
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
  /** It streams: pieces of its response passed on so far, and more of them come. */
  pieces?: number;
}

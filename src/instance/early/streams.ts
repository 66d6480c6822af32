import type {ActiveRequest} from '../../model/events.ts';

interface Stream {
  pid: number;
  pieces: number;
  /** When it was first seen that so many had been passed on, in milliseconds since the epoch. */
  grewAt: number;
}

/** A stream that has passed nothing on for longer than this, and than so many times its usual pause, has come to a halt. Milliseconds. */
const PATIENCE = 2000;
const TIMES = 2;

/** Which responses make progress: by the pieces that their requests have passed on. */
export class Streams {
  readonly #streams = new Map<string, Stream>();

  /** All that a process is at. @param now milliseconds since the epoch. */
  see(pid: number, requests: readonly ActiveRequest[], now: number): void {
    for (const [id, {pid: of}] of this.#streams) if (of === pid && !requests.some((one) => one.id === id)) this.#streams.delete(id);
    for (const {id, pieces = 0} of requests) {
      if (pieces > (this.#streams.get(id)?.pieces ?? 0)) this.#streams.set(id, {pid, pieces, grewAt: now});
    }
  }

  /** Pieces that a request has passed on; null when it does not stream, or nothing has come for longer than its pace lets expect. */
  moving({id, startedAt}: {id: string; startedAt: number}, now: number): number | null {
    const stream = this.#streams.get(id);
    if (stream === undefined) return null;
    const usual = (stream.grewAt - startedAt) / stream.pieces;
    return now - stream.grewAt <= Math.max(PATIENCE, TIMES * usual) ? stream.pieces : null;
  }
}

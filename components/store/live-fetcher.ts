/** The stack of the request that is open, once a second, with a memory of how long it has not moved. */
import type {Deck} from '../../src/model/deck.ts';
import type {StackCapture, ThreadStack} from '../../src/model/stacks.ts';
import type {LiveStack} from './snapshot.ts';

export interface LiveWish {
  requestId: string;
  pid: number;
  ident: string;
  /** The request is still in the list: otherwise nobody is asked any more. */
  running: boolean;
}

const EVERY_MS = 1000;

export class LiveFetcher {
  current: LiveStack | null = null;
  readonly #deck: Deck;
  readonly #changed: () => void;
  readonly #now: () => number;
  #wish: LiveWish | null = null;
  #busy = false;
  #last = 0;

  constructor(deck: Deck, changed: () => void, now: () => number) {
    this.#deck = deck;
    this.#changed = changed;
    this.#now = now;
  }

  /** Says which request is open; null for none. Called on every tick; asks when it is time to. */
  want(wish: LiveWish | null): void {
    if (wish?.requestId !== this.#wish?.requestId) {
      this.current = null;
      this.#last = 0;
    }
    this.#wish = wish;
    if (wish === null || this.#busy || this.#now() - this.#last < EVERY_MS) return;
    // One look even when it is over already: the thread may still be at it.
    if (!wish.running && this.current !== null) return;
    this.#last = this.#now();
    void this.#ask(wish);
  }

  async #ask(wish: LiveWish): Promise<void> {
    this.#busy = true;
    let next: LiveStack;
    try {
      next = merge(this.current, await this.#deck.ask({type: 'live', pid: wish.pid}), wish);
    } catch (error) {
      next = {...(this.current ?? empty(wish)), error: (error as Error).message};
    } finally {
      this.#busy = false;
    }
    if (this.#wish?.requestId !== wish.requestId) return;
    this.current = next;
    this.#changed();
  }
}

function empty(wish: LiveWish): LiveStack {
  return {
    requestId: wish.requestId,
    pid: wish.pid,
    thread: null,
    capture: null,
    at: 0,
    method: null,
    samples: 0,
    same: 0,
    sameSince: 0,
    error: null,
  };
}

/** Adds one capture to what is known of the request's stack. */
export function merge(before: LiveStack | null, capture: StackCapture | null, wish: Omit<LiveWish, 'running'>): LiveStack {
  const known = before ?? empty({...wish, running: true});
  if (capture === null) return {...known, error: `process ${wish.pid} is gone`};
  const thread = find(capture, wish);
  // A recording that stands still, or has no newer one, gives the same again: that is no further sample.
  if (known.capture?.at === capture.at) return {...known, error: null};
  // Of what the kernel tells nothing follows about Python code.
  if (thread === undefined && capture.method === 'proc') return {...known, error: 'its process gives no stack at this moment'};
  if (thread === undefined) return {...known, error: known.thread === null ? 'its thread runs no Python code at this moment' : null};
  const same = known.thread !== null && sameTop(known.thread, thread);
  return {
    requestId: wish.requestId,
    pid: wish.pid,
    thread,
    capture,
    at: capture.at,
    method: capture.method,
    samples: known.samples + 1,
    same: same ? known.same + 1 : 1,
    sameSince: same ? known.sameSince : capture.at,
    error: null,
  };
}

function find(capture: StackCapture, wish: Omit<LiveWish, 'running'>): ThreadStack | undefined {
  const byRequest = capture.threads.find((one) => one.request?.id === wish.requestId);
  if (byRequest) return byRequest;
  // The thread may have taken another request in the meantime: its stack would be shown under the wrong name.
  return capture.threads.find((one) => one.ident === wish.ident && one.request === undefined);
}

/** Two samples at the same place: every frame the same line. */
function sameTop(a: ThreadStack, b: ThreadStack): boolean {
  if (a.frames.length !== b.frames.length) return false;
  return a.frames.every((frame, index) => frame.file === b.frames[index]!.file && frame.line === b.frames[index]!.line);
}

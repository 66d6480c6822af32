/** Does the far side still say something: a stopped process keeps its connections open, and its last state would be shown for ever. */
import type {Deck} from '../../src/model/deck.ts';

export interface Silence {
  /** Since the last news, in milliseconds. */
  ms: number;
  /** Of the process that is connected to; null where that is not known. */
  pid: number | null;
}

/** A server tells its figures every second, an observed or a recorded one less often: after this long it is asked for a word, in milliseconds. */
const ASK_AFTER = 3000;
/** Without a word for so long it does not answer. */
const SILENT_AFTER = 5000;
/** Two looks that are so far apart: this process itself stood still, and what was said meanwhile may wait to be read. */
const STOOD_STILL = 1000;

export class SilenceWatch {
  readonly #deck: Deck;
  readonly #ask: () => void;
  #heard = -1;
  #since = 0;
  #looked = 0;
  #asked = false;

  /** @param ask says something that is answered at once, and costs nothing. */
  constructor(deck: Deck, ask: () => void) {
    this.#deck = deck;
    this.#ask = ask;
  }

  /** Call several times a second. @param now in milliseconds. @returns null while the far side answers. */
  look(now: number): Silence | null {
    const heard = this.#deck.heard?.();
    if (heard === undefined || this.#deck.closed() !== null) return null;
    const silent = this.#silent(this.#looked);
    if (heard !== this.#heard || (!silent && Math.abs(now - this.#looked) > STOOD_STILL)) {
      this.#heard = heard;
      this.#since = now;
      this.#asked = false;
    }
    this.#looked = now;
    if (!this.#asked && now - this.#since >= ASK_AFTER) {
      this.#asked = true;
      this.#ask();
    }
    return this.#silent(now) ? {ms: now - this.#since, pid: this.#deck.peer?.() ?? null} : null;
  }

  #silent(now: number): boolean {
    return this.#heard >= 0 && now - this.#since >= SILENT_AFTER;
  }
}

/** In words, from long to short. */
export function silenceSentences({ms, pid}: Silence): string[] {
  const none = `no news for ${Math.floor(ms / 1000)} s`;
  if (pid === null) return [`${none}: the server does not answer`, none];
  return [
    `${none}: the supervisor (pid ${pid}) does not answer; kill -CONT ${pid} continues it if it is stopped`,
    `${none}: the supervisor (pid ${pid}) does not answer; kill -CONT ${pid} continues it`,
    `${none}; kill -CONT ${pid} continues it`,
    none,
  ];
}

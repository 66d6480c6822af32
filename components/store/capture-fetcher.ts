/** The capture that is open, and those of the other processes that were taken with it. Captures never change: each is asked for once. */
import type {Deck} from '../../src/model/deck.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import type {Fetched} from './snapshot.ts';

export class CaptureFetcher {
  current: Fetched['capture'] = null;
  readonly #deck: Deck;
  readonly #changed: () => void;
  #asked = '';

  constructor(deck: Deck, changed: () => void) {
    this.#deck = deck;
    this.#changed = changed;
  }

  /** `others`: ids of captures that are looked at together with it. */
  want(id: number | null, others: readonly number[] = []): void {
    const key = id === null ? '' : [id, ...others].join(' ');
    if (key === this.#asked) return;
    this.#asked = key;
    // What is there already stays on the screen while the others are fetched.
    if (this.current?.id !== id) this.current = null;
    if (id !== null) void this.#ask(key, id, others);
  }

  async #ask(key: string, id: number, others: readonly number[]): Promise<void> {
    let next: NonNullable<typeof this.current>;
    try {
      const [capture, ...more] = await Promise.all([id, ...others].map((one) => this.#deck.ask({type: 'capture', id: one})));
      next = {id, capture: capture ?? null, others: more.filter((one): one is StackCapture => one !== null), error: null};
    } catch (error) {
      next = {id, capture: null, others: [], error: (error as Error).message};
    }
    if (this.#asked !== key) return;
    this.current = next;
    this.#changed();
  }
}

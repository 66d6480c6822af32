/** The capture that is open. A capture never changes: it is asked for once. */
import type {Deck} from '../../src/model/deck.ts';
import type {StackCapture} from '../../src/model/stacks.ts';

export class CaptureFetcher {
  current: {id: number; capture: StackCapture | null; error: string | null} | null = null;
  readonly #deck: Deck;
  readonly #changed: () => void;
  #asked: number | null = null;

  constructor(deck: Deck, changed: () => void) {
    this.#deck = deck;
    this.#changed = changed;
  }

  want(id: number | null): void {
    if (id === this.#asked) return;
    this.#asked = id;
    this.current = null;
    if (id !== null) void this.#ask(id);
  }

  async #ask(id: number): Promise<void> {
    let next: typeof this.current;
    try {
      next = {id, capture: await this.#deck.ask({type: 'capture', id}), error: null};
    } catch (error) {
      next = {id, capture: null, error: (error as Error).message};
    }
    if (this.#asked !== id) return;
    this.current = next;
    this.#changed();
  }
}

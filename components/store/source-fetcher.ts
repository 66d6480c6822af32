/** Source text around lines that stacks name. Kept, because the same line is looked at again and again; bounded. */
import type {SourceWindow} from '../../src/model/commands.ts';
import type {Deck} from '../../src/model/deck.ts';
import {sourceKey, type SourceWish} from './snapshot.ts';

const KEEP = 60;
const CONTEXT = 4;

export class SourceFetcher {
  current: ReadonlyMap<string, SourceWindow | null> = new Map();
  readonly #deck: Deck;
  readonly #changed: () => void;

  constructor(deck: Deck, changed: () => void) {
    this.#deck = deck;
    this.#changed = changed;
  }

  want(wishes: readonly SourceWish[]): void {
    const missing = wishes.filter((one) => !this.current.has(sourceKey(one)));
    if (missing.length === 0) return;
    this.#put(missing.map((one) => [sourceKey(one), null]));
    for (const one of missing) void this.#ask(one);
  }

  /** After new code was loaded, the text behind a line number may be another. */
  forget(): void {
    this.current = new Map();
  }

  async #ask(wish: SourceWish): Promise<void> {
    let answer: SourceWindow;
    try {
      answer = await this.#deck.ask({type: 'source', file: wish.file, line: wish.line, context: CONTEXT});
    } catch (error) {
      answer = {file: wish.file, from: wish.line, lines: [], error: (error as Error).message};
    }
    this.#put([[sourceKey(wish), answer]]);
    this.#changed();
  }

  #put(entries: [string, SourceWindow | null][]): void {
    const next = new Map([...this.current, ...entries]);
    for (const key of next.keys()) {
      if (next.size <= KEEP) break;
      next.delete(key);
    }
    this.current = next;
  }
}

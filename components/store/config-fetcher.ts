/** Options and configuration, asked for each time the view is opened: a server that has been set up anew has others. */
import type {ConfigView} from '../../src/model/commands.ts';
import type {Deck} from '../../src/model/deck.ts';
import {selectOptions} from '../../src/model/select-options.ts';

export class ConfigFetcher {
  /** Its options in the order in which they are shown. */
  current: ConfigView | null = null;
  error: string | null = null;
  readonly #deck: Deck;
  readonly #changed: () => void;
  #open = false;

  constructor(deck: Deck, changed: () => void) {
    this.#deck = deck;
    this.#changed = changed;
  }

  want(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    if (open) void this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      const view = await this.#deck.ask({type: 'config'});
      this.current = {...view, options: selectOptions(view.options)};
      this.error = null;
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.#changed();
  }
}

/** The log window on the screen: asked for only when it could differ, never more than one question at a time. */
import type {LogFilter, LogWindow, Query} from '../../src/model/commands.ts';
import type {Deck} from '../../src/model/deck.ts';
import {LOG_SOURCES, type LogChoice} from './ui-state.ts';

export interface LogWish {
  choice: LogChoice;
  /** Rows on the screen. */
  limit: number;
  /** Newest sequence number that the state knows of. */
  last: number;
}

export class LogFetcher {
  window: LogWindow | null = null;
  /** What `window` is the answer to. */
  answered: LogChoice | null = null;
  error: string | null = null;
  readonly #deck: Deck;
  readonly #changed: () => void;
  #wish: LogWish | null = null;
  #asked = '';
  #query = '';
  #busy = false;

  constructor(deck: Deck, changed: () => void) {
    this.#deck = deck;
    this.#changed = changed;
  }

  /** A question is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The screen wants other lines than were asked for: not only newer ones. */
  get stale(): boolean {
    return this.#wish !== null && JSON.stringify(queryOf(this.#wish)) !== this.#query;
  }

  /** Says what the screen needs now; null when no log is shown. */
  want(wish: LogWish | null): void {
    this.#wish = wish;
    if (!this.#busy) void this.#ask();
  }

  async #ask(): Promise<void> {
    const wish = this.#wish;
    if (wish === null || wish.limit <= 0) return;
    const query = queryOf(wish);
    // Entries that came since only matter where the newest end is shown, or where it is not known that there is none.
    const moves = wish.choice.anchor.mode === 'follow' || (wish.choice.anchor.mode === 'after' && this.window?.newer !== true);
    const text = JSON.stringify(query);
    const key = `${moves ? wish.last : 0} ${text}`;
    if (key === this.#asked) return;
    this.#asked = key;
    this.#query = text;
    this.#busy = true;
    try {
      this.window = await this.#deck.ask(query);
      this.answered = wish.choice;
      this.error = null;
    } catch (error) {
      this.error = (error as Error).message;
    } finally {
      this.#busy = false;
    }
    this.#changed();
  }
}

function queryOf({choice, limit}: LogWish): Extract<Query, {type: 'log'}> {
  const filter: LogFilter = {};
  if (choice.filter !== '') filter.text = choice.filter;
  if (choice.level === 'quiet') filter.quiet = true;
  else if (choice.level !== null) filter.level = choice.level;
  const {sources} = LOG_SOURCES[choice.source]!;
  if (sources !== null) filter.sources = sources;
  const most = Math.min(500, limit);
  const {anchor} = choice;
  if (anchor.mode === 'after') return {type: 'log', filter, after: anchor.seq, limit: most};
  return {type: 'log', filter, before: anchor.mode === 'before' ? anchor.seq : null, limit: most};
}

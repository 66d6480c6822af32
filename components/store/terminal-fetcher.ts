/** The terminal of debug mode as it is now: output is asked for while the view is open, and goes through an emulator of our own. */
import type {Deck} from '../../src/model/deck.ts';
import type {TerminalEmulator, TerminalScreen} from './terminal-emulator.ts';

export interface TerminalWish {
  /** Cells the view has. */
  cols: number;
  rows: number;
  /** Lines above the end that are looked at. */
  back: number;
}

/** A newer picture follows an older one at the earliest after this many milliseconds. */
const FRAME_MS = 40;
/** The most that one `input` may hold; longer pastes go in pieces. */
const PIECE = 4096;

export class TerminalFetcher {
  screen: TerminalScreen | null = null;
  error: string | null = null;
  readonly #deck: Deck;
  readonly #mayResize: boolean;
  readonly #changed: () => void;
  #emulator: TerminalEmulator | null = null;
  #wish: TerminalWish | null = null;
  #asked = {cols: 0, rows: 0};
  #end: number | undefined;
  #busy = false;
  #again = false;
  #drawn = 0;
  #unsubscribe: (() => void) | null = null;

  /** @param mayResize false for a screen that may only look: it shows what fits. */
  constructor(deck: Deck, mayResize: boolean, changed: () => void) {
    this.#deck = deck;
    this.#mayResize = mayResize;
    this.#changed = changed;
  }

  /** Says what the view can show; null while it is closed. Called before each drawing. */
  want(wish: TerminalWish | null): void {
    const before = this.#wish;
    this.#wish = wish;
    if (wish === null) {
      this.#unsubscribe?.();
      this.#unsubscribe = null;
      return;
    }
    this.#unsubscribe ??= this.#deck.subscribe(() => this.#news());
    if (before?.cols !== wish.cols || before.rows !== wish.rows || before.back !== wish.back) void this.#pull();
  }

  /** Sends what was typed, as the program wants it. Rejects nothing: `refused` hears why the server did not take it. */
  type(keys: string, refused: (reason: string) => void): void {
    const data = this.#emulator?.keys(keys) ?? keys;
    for (let from = 0; from < data.length; from += PIECE) {
      void this.#deck.send({type: 'input', data: data.slice(from, from + PIECE)}).then((result) => {
        if (!result.ok) refused(result.text);
      });
    }
  }

  stop(): void {
    this.want(null);
  }

  #news(): void {
    const end = this.#deck.state().terminal?.end;
    if (end !== undefined && end !== this.#end) void this.#pull();
  }

  /** Size first, then what was printed since; once more when something came meanwhile. */
  async #pull(): Promise<void> {
    this.#again = this.#busy;
    if (this.#busy) return;
    this.#busy = true;
    try {
      do {
        this.#again = false;
        await this.#step();
      } while (this.#again && this.#wish !== null);
    } catch (error) {
      this.error = (error as Error).message;
    } finally {
      this.#busy = false;
    }
    this.#changed();
  }

  async #step(): Promise<void> {
    const wish = this.#wish;
    if (wish === null || this.#deck.closed() !== null) return;
    const {cols, rows} = wish;
    if (this.#mayResize && (cols !== this.#asked.cols || rows !== this.#asked.rows)) {
      this.#asked = {cols, rows};
      await this.#deck.send({type: 'resize-pane', cols: clamp(cols, 10, 500), rows: clamp(rows, 2, 300)});
    }
    const window = await this.#deck.ask(this.#end === undefined ? {type: 'terminal'} : {type: 'terminal', after: this.#end});
    const emulator = (this.#emulator ??= await loadEmulator(window.cols, window.rows));
    emulator.resize(window.cols, window.rows);
    if (window.from !== this.#end) emulator.reset();
    this.#end = window.from + window.data.length;
    if (window.data !== '') await emulator.write(window.data);
    this.error = null;
    this.screen = emulator.screen(this.#wish?.back ?? 0);
    // A program that floods its terminal makes frames, not a busy screen.
    const wait = this.#drawn + FRAME_MS - performance.now();
    if (this.#again && wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    this.#drawn = performance.now();
    if (this.#again) this.#changed();
  }
}

async function loadEmulator(cols: number, rows: number): Promise<TerminalEmulator> {
  const {TerminalEmulator: Emulator} = await import('./terminal-emulator.ts');
  return new Emulator(cols, rows);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

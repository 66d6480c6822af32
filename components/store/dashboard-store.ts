/**
 * Everything between the deck and the screen. One ticker makes one snapshot; a key press makes one at once. From the snapshot comes the
 * frame (pure), and React is told only when the frame is another one and the terminal has taken the last.
 */
import type {Deck} from '../../src/model/deck.ts';
import type {Place as CodePlace} from '../../src/model/diagnosis.ts';
import type {InstanceState} from '../../src/model/state.ts';
import type {Glyphs} from '../../src/terminal/glyphs.ts';
import type {Capture, MouseEvent} from '../../src/terminal/input.ts';
import type {Hit, Row} from '../../src/terminal/rows.ts';
import {paint, type Tone} from '../../src/terminal/theme.ts';
import {width as cells} from '../../src/terminal/fit.ts';
import {presentFrame, type Frame} from '../present/present-frame.ts';
import {calm, idle, IDLE_SECONDS} from './calm.ts';
import {Fetchers} from './fetchers.ts';
import {SilenceWatch, type Silence} from './silence.ts';
import type {Snapshot} from './snapshot.ts';
import {initialUi, type UiState} from './ui-state.ts';

export interface StoreOptions {
  columns: number;
  rows: number;
  glyphs: Glyphs;
  colour: boolean;
  quitMeans: 'stop' | 'detach';
  readOnly: boolean;
  mouse: boolean;
  /** Is the terminal still taking the last frame; and a way to hear when it has. */
  output?: {readonly busy: boolean; whenIdle(then: () => void): void};
  /** The screen is to be left: exit status and a line for the terminal after it, if any. */
  onLeave(code: number, message: string | null): void;
  onMouse(on: boolean): void;
  /** What is typed goes there instead of to the keys of this screen; null ends it. */
  onCapture?(capture: Capture | null): void;
  /** The editor of the user, on this terminal, at a line; tells how that went when it is over. Absent where there is none. */
  onEdit?(place: CodePlace): Promise<string | null>;
  /** Text for the clipboard of whoever sits at this terminal. */
  onCopy?(text: string): void;
  now?: () => number;
}

/** Painted rows of the three regions, and how far the body scrolls. What React draws. */
export interface PaintedFrame {
  columns: number;
  rows: number;
  header: readonly string[];
  body: readonly string[];
  footer: readonly string[];
}

const TICK_MS = 200;

export class DashboardStore {
  readonly deck: Deck;
  readonly options: StoreOptions;
  ui: UiState;
  frame!: Frame;
  readonly fetchers: Fetchers;
  readonly #listeners = new Set<() => void>();
  #painted!: PaintedFrame;
  /** Lines of a log are the same rows in one frame after the other. */
  readonly #paintedRows = new WeakMap<Row, string>();
  #snapshot!: Snapshot;
  #drawnState: InstanceState | null = null;
  #drawnSecond = 0;
  #dirty = true;
  readonly #silences: SilenceWatch;
  #silence: Silence | null = null;
  /** When there was a key or news last. */
  #stirredAt: number;
  #waiting = false;
  #held = false;
  #left = false;
  #timer: NodeJS.Timeout | null = null;
  #unsubscribe: (() => void) | null = null;
  #wasStopping = false;
  #columns: number;
  #rows: number;

  constructor(deck: Deck, options: StoreOptions) {
    this.deck = deck;
    this.options = options;
    this.#columns = options.columns;
    this.#rows = options.rows;
    this.ui = initialUi(options.mouse);
    this.#stirredAt = this.now();
    this.fetchers = new Fetchers(this, {
      mark: () => {
        this.#dirty = true;
      },
      refresh: () => this.refresh(),
      flush: () => this.#flush(),
    });
    this.#silences = new SilenceWatch(deck, () => this.fetchers.ping());
    this.#draw();
  }

  now(): number {
    return this.options.now?.() ?? Date.now();
  }

  /** Nothing can be changed from here. */
  get readOnly(): boolean {
    const {info, replay} = this.deck.state();
    return this.options.readOnly || this.deck.readOnly === true || info?.readOnly === true || replay !== undefined;
  }

  /** Says why an action is not carried out. */
  refuse(): void {
    const {info, replay} = this.deck.state();
    const why =
      replay !== undefined
        ? 'this is a recording: nothing in it can be changed'
        : info?.readOnly === true
          ? 'this server was started with --read-only: nobody may act on it from here'
          : 'this screen may only look';
    this.say(why, 'soon');
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#unsubscribe = this.deck.subscribe(() => {
      // The end of the connection must not wait for a tick that a stopped clock would never bring.
      if (this.deck.closed() !== null) this.#tick();
    });
    this.#tick();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#unsubscribe?.();
    this.fetchers.stop();
    this.#listeners.clear();
  }

  /** For useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly painted = (): PaintedFrame => this.#painted;

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Changes what the user has chosen to see, and shows it. */
  change(part: Partial<UiState>): void {
    this.ui = {...this.ui, ...part};
    this.refresh();
  }

  say(text: string, tone: Tone = 'plain', ms = 6000): void {
    this.change({status: {text, tone, until: this.now() + ms}});
  }

  resize(columns: number, rows: number): void {
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.refresh();
  }

  leave(code: number, message: string | null = null): void {
    if (this.#left) return;
    this.#left = true;
    this.options.onLeave(code, message);
  }

  /** Draws at once: after a key press, a resize, an awaited answer. */
  refresh(): void {
    this.#dirty = true;
    this.#stirredAt = this.now();
    this.fetchers.want(this.#columns, this.#rows);
    this.#flush();
  }

  /** What lies under a cell of the screen. */
  hitAt(x: number, y: number): Hit | null {
    const rows: Row[] = [...this.frame.header, ...this.frame.body, ...this.frame.footer];
    const row = rows[y];
    if (!row) return null;
    let from = 0;
    for (const span of row.spans) {
      const to = from + cells(span.text);
      if (x >= from && x < to) return span.hit ?? row.hit ?? null;
      from = to;
    }
    return row.hit ?? null;
  }

  onMouse: (event: MouseEvent) => void = () => {};

  #tick(): void {
    if (this.#left) return;
    this.#endings();
    if (this.#left) return;
    const state = this.deck.state();
    const now = this.now();
    const second = Math.floor(now / 1000);
    const silence = this.#silences.look(now);
    if ((silence === null) !== (this.#silence === null)) this.#dirty = true;
    this.#silence = silence;
    if (state !== this.#drawnState && !calm(this.#drawnState, state)) {
      this.#dirty = true;
      this.#stirredAt = now;
    }
    const step = this.#idle(state, now) ? IDLE_SECONDS : 1;
    if (Math.floor(second / step) !== Math.floor(this.#drawnSecond / step)) this.#dirty = true;
    this.fetchers.want(this.#columns, this.#rows);
    // Log lines are a millisecond away and will draw by themselves: a frame before them would double the cost. Once, not for ever.
    this.#held = this.fetchers.log.busy && !this.#held;
    if (!this.#held) this.#flush();
  }

  /** The dashboard goes by itself when the server it was asked to stop has stopped, or when the wire is cut. */
  #endings(): void {
    const {phase} = this.deck.state().lifecycle;
    if (phase === 'stopping') this.#wasStopping = true;
    const asked = this.ui.stops > 0 || this.#wasStopping;
    const closed = this.deck.closed();
    if (closed !== null)
      this.leave(
        asked || phase === 'stopped' ? 0 : 1,
        asked || phase === 'stopped' ? null : `wsgideck: the dashboard has lost the server: ${closed}`,
      );
    // The end of a recording's server is a moment like others.
    else if (this.deck.state().replay !== undefined) return;
    else if (phase === 'stopped' || (phase === 'failed' && this.ui.stops > 0)) this.leave(0);
    else if (phase === 'ready' || phase === 'starting') this.#wasStopping = false;
  }

  #flush(): void {
    if (!this.#dirty || this.#left) return;
    const {output} = this.options;
    if (output?.busy) {
      if (this.#waiting) return;
      this.#waiting = true;
      output.whenIdle(() => {
        this.#waiting = false;
        this.#flush();
      });
      return;
    }
    const before = this.#painted;
    this.#draw();
    if (same(before, this.#painted)) {
      this.#painted = before;
      return;
    }
    for (const listener of this.#listeners) listener();
  }

  #idle(state: InstanceState, now: number): boolean {
    return this.deck.closed() === null && this.#silence === null && idle(state, this.ui.view, now - this.#stirredAt);
  }

  #draw(): void {
    const {options, deck, ui} = this;
    const wall = this.now();
    const state = deck.state();
    this.#dirty = false;
    this.#held = false;
    this.#drawnState = state;
    this.#drawnSecond = Math.floor(wall / 1000);
    this.#snapshot = {
      state,
      ui,
      fetched: this.fetchers.fetched(this.#rows),
      // Ages and countdowns of a recording are those of its own time.
      now: state.replay?.at ?? wall - (this.#silence?.ms ?? 0),
      wall,
      columns: this.#columns,
      rows: this.#rows,
      glyphs: options.glyphs,
      colour: options.colour,
      closed: deck.closed(),
      silence: this.#silence,
      idle: this.#idle(state, wall),
      readOnly: this.readOnly,
      quitMeans: options.quitMeans,
    };
    this.frame = presentFrame(this.#snapshot);
    if (this.frame.sources.length > 0 && deck.closed() === null) this.fetchers.sources.want(this.frame.sources);
    const before: PaintedFrame | undefined = this.#painted;
    this.#painted = {
      columns: this.#columns,
      rows: this.#rows,
      header: this.#paint(this.frame.header, before?.header),
      body: this.#paint(this.frame.body, before?.body),
      footer: this.#paint(this.frame.footer, before?.footer),
    };
  }

  /** The same list as before when nothing in it is another one: React passes over it then. */
  #paint(rows: readonly Row[], before: readonly string[] | undefined): readonly string[] {
    const painted = rows.map((one) => {
      const known = this.#paintedRows.get(one) ?? paint(one, this.options.colour);
      this.#paintedRows.set(one, known);
      return known;
    });
    return before !== undefined && equal(before, painted) ? before : painted;
  }
}

function same(a: PaintedFrame, b: PaintedFrame): boolean {
  if (a.columns !== b.columns || a.rows !== b.rows) return false;
  return a.header === b.header && a.body === b.body && a.footer === b.footer;
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}

/**
 * Everything between the deck and the screen. One ticker makes one snapshot; a key press makes one at once. From the snapshot comes the
 * frame (pure), and React is told only when the frame is another one and the terminal has taken the last.
 */
import type {Deck} from '../../src/model/deck.ts';
import type {InstanceState} from '../../src/model/state.ts';
import type {Glyphs} from '../../src/terminal/glyphs.ts';
import type {Capture, MouseEvent} from '../../src/terminal/input.ts';
import type {Hit, Row} from '../../src/terminal/rows.ts';
import {paint, type Tone} from '../../src/terminal/theme.ts';
import {width as cells} from '../../src/terminal/fit.ts';
import {bodyHeight, presentFrame, type Frame} from '../present/present-frame.ts';
import {CaptureFetcher} from './capture-fetcher.ts';
import {settleConfig} from './config-actions.ts';
import {ConfigFetcher} from './config-fetcher.ts';
import {LiveFetcher} from './live-fetcher.ts';
import {settleLog} from './log-actions.ts';
import {LogFetcher} from './log-fetcher.ts';
import type {Snapshot} from './snapshot.ts';
import {SourceFetcher} from './source-fetcher.ts';
import {terminalWish} from './terminal-actions.ts';
import {TerminalFetcher} from './terminal-fetcher.ts';
import {initialUi, LOG_SOURCES, type LogChoice, type UiState} from './ui-state.ts';

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

/** What the overview and an idle Requests view show of the log. */
const NEWEST: LogChoice = {anchor: {mode: 'follow'}, filter: '', level: 'quiet', source: 0};
const FINISHED: LogChoice = {...NEWEST, source: LOG_SOURCES.findIndex((one) => one.label === 'access')};

export class DashboardStore {
  readonly deck: Deck;
  readonly options: StoreOptions;
  ui: UiState;
  frame!: Frame;
  readonly log: LogFetcher;
  readonly tail: LogFetcher;
  readonly capture: CaptureFetcher;
  readonly live: LiveFetcher;
  readonly sources: SourceFetcher;
  readonly config: ConfigFetcher;
  readonly terminal: TerminalFetcher;
  readonly #listeners = new Set<() => void>();
  #painted!: PaintedFrame;
  #snapshot!: Snapshot;
  #drawnState: InstanceState | null = null;
  #drawnSecond = 0;
  #dirty = true;
  #waiting = false;
  #held = false;
  #left = false;
  #timer: NodeJS.Timeout | null = null;
  #unsubscribe: (() => void) | null = null;
  #cadence = -1;
  #seenReloads: unknown = null;
  #wasStopping = false;
  #columns: number;
  #rows: number;

  constructor(deck: Deck, options: StoreOptions) {
    this.deck = deck;
    this.options = options;
    this.#columns = options.columns;
    this.#rows = options.rows;
    this.ui = initialUi(options.mouse);
    const changed = () => {
      this.#dirty = true;
    };
    this.log = new LogFetcher(deck, () => {
      settleLog(this);
      if (this.log.stale) return this.refresh();
      // Lines that came meanwhile are for the next tick: asking at once would make two clocks of one.
      this.#dirty = true;
      this.#flush();
    });
    this.tail = new LogFetcher(deck, changed);
    this.capture = new CaptureFetcher(deck, () => this.refresh());
    this.live = new LiveFetcher(deck, changed, () => this.now());
    this.sources = new SourceFetcher(deck, changed);
    this.config = new ConfigFetcher(deck, () => {
      settleConfig(this);
      this.refresh();
    });
    this.terminal = new TerminalFetcher(deck, !options.readOnly, () => this.refresh());
    this.#draw();
  }

  now(): number {
    return this.options.now?.() ?? Date.now();
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
    this.terminal.stop();
    this.#listeners.clear();
    if (this.deck.closed() === null && this.#cadence > 0) void this.deck.send({type: 'cadence', ms: 0}).catch(ignore);
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
    this.#fetch();
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
    const second = Math.floor(this.now() / 1000);
    if (state.reloads !== this.#seenReloads) {
      this.#seenReloads = state.reloads;
      this.sources.forget();
    }
    if (second !== this.#drawnSecond || (state !== this.#drawnState && !calm(this.#drawnState, state))) this.#dirty = true;
    this.#fetch();
    // Log lines are a millisecond away and will draw by themselves: a frame before them would double the cost. Once, not for ever.
    this.#held = this.log.busy && !this.#held;
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
    else if (phase === 'stopped' || (phase === 'failed' && this.ui.stops > 0)) this.leave(0);
    else if (phase === 'ready' || phase === 'starting') this.#wasStopping = false;
  }

  /** Tells the fetchers what the screen needs; they ask when they must. */
  #fetch(): void {
    if (this.deck.closed() !== null) return;
    const {ui} = this;
    const state = this.deck.state();
    const inLogs = ui.view === 'logs' && ui.detail === null;
    this.log.want(inLogs ? {choice: ui.log, limit: Math.max(1, bodyHeight({rows: this.#rows, ui}) - 1), last: state.log.last} : null);
    const room = bodyHeight({rows: this.#rows, ui});
    const tail = this.#tailChoice(room);
    this.tail.want(tail === null ? null : {choice: tail, limit: room, last: state.log.last});
    this.terminal.want(terminalWish(this, this.#columns, this.#rows));
    this.config.want(ui.view === 'config');
    this.capture.want(ui.detail?.kind === 'capture' ? ui.detail.id : null);
    const {detail} = ui;
    const live =
      detail?.kind === 'request'
        ? {requestId: detail.id, pid: detail.pid, ident: detail.ident, running: state.requests.some((one) => one.id === detail.id)}
        : null;
    this.live.want(live);
    const cadence = ui.view === 'overview' || ui.view === 'requests' ? 500 : 1000;
    if (cadence !== this.#cadence) {
      this.#cadence = cadence;
      void this.deck.send({type: 'cadence', ms: cadence}).catch(ignore);
    }
  }

  /** Which part of the log is shown beside what the view is about; null where the small state's few lines fill it. */
  #tailChoice(room: number): LogChoice | null {
    const {view, detail} = this.ui;
    if (detail !== null) return null;
    if (view === 'requests') return this.deck.state().requests.length === 0 ? FINISHED : null;
    return view === 'overview' && room > 26 ? NEWEST : null;
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

  #draw(): void {
    const {options, deck, ui} = this;
    const now = this.now();
    const state = deck.state();
    this.#dirty = false;
    this.#held = false;
    this.#drawnState = state;
    this.#drawnSecond = Math.floor(now / 1000);
    this.#snapshot = {
      state,
      ui,
      fetched: {
        log: {window: this.log.window, error: this.log.error},
        tail: this.tail.answered === this.#tailChoice(bodyHeight({rows: this.#rows, ui})) ? this.tail.window : null,
        capture: this.capture.current,
        live: this.live.current,
        sources: this.sources.current,
        config: {view: this.config.current, error: this.config.error},
        terminal: {screen: this.terminal.screen, error: this.terminal.error},
      },
      now,
      columns: this.#columns,
      rows: this.#rows,
      glyphs: options.glyphs,
      colour: options.colour,
      closed: deck.closed(),
      readOnly: options.readOnly,
      quitMeans: options.quitMeans,
    };
    this.frame = presentFrame(this.#snapshot);
    if (this.frame.sources.length > 0 && deck.closed() === null) this.sources.want(this.frame.sources);
    const colour = (rows: readonly Row[]) => rows.map((row) => paint(row, options.colour));
    this.#painted = {
      columns: this.#columns,
      rows: this.#rows,
      header: colour(this.frame.header),
      body: colour(this.frame.body),
      footer: colour(this.frame.footer),
    };
  }
}

/**
 * Between two states only figures moved (CPU, load, the samples of a server that serves nothing): they can wait for the next full second,
 * which costs a third of drawing each of them as it comes.
 */
function calm(before: InstanceState | null, after: InstanceState): boolean {
  return (
    before !== null &&
    after.requests.length === 0 &&
    before.requests === after.requests &&
    before.lifecycle === after.lifecycle &&
    before.log === after.log &&
    before.notices === after.notices &&
    before.captures === after.captures &&
    before.reloads === after.reloads &&
    before.restarts === after.restarts
  );
}

function same(a: PaintedFrame, b: PaintedFrame): boolean {
  if (a.columns !== b.columns || a.rows !== b.rows) return false;
  return equal(a.header, b.header) && equal(a.body, b.body) && equal(a.footer, b.footer);
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}

/** The connection went between two ticks; the next tick sees it and leaves. */
function ignore(): void {}

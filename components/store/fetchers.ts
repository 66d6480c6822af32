/** Everything that is asked for by what is on the screen. */
import type {Deck} from '../../src/model/deck.ts';
import type {InstanceState} from '../../src/model/state.ts';
import {takenTogether} from '../../src/model/select-together.ts';
import {bodyHeight} from '../present/present-frame.ts';
import {CaptureFetcher} from './capture-fetcher.ts';
import {settleConfig} from './config-actions.ts';
import {ConfigFetcher} from './config-fetcher.ts';
import type {DashboardStore} from './dashboard-store.ts';
import {IncidentFetcher} from './incident-fetcher.ts';
import {LiveFetcher} from './live-fetcher.ts';
import {settleLog} from './log-actions.ts';
import {LogFetcher} from './log-fetcher.ts';
import type {Fetched} from './snapshot.ts';
import {SourceFetcher} from './source-fetcher.ts';
import {terminalWish} from './terminal-actions.ts';
import {TerminalFetcher} from './terminal-fetcher.ts';
import {LOG_SOURCES, type LogChoice} from './ui-state.ts';

/** What the overview and an idle Requests view show of the log. */
const NEWEST: LogChoice = {anchor: {mode: 'follow'}, filter: '', level: 'quiet', source: 0};
const FINISHED: LogChoice = {...NEWEST, source: LOG_SOURCES.findIndex((one) => one.label === 'access')};

/** How an answer gets onto the screen: with the next tick, at once, or at once without asking for more. */
export interface Redraw {
  mark: () => void;
  refresh: () => void;
  flush: () => void;
}

export class Fetchers {
  readonly log: LogFetcher;
  readonly tail: LogFetcher;
  readonly capture: CaptureFetcher;
  readonly incident: IncidentFetcher;
  readonly live: LiveFetcher;
  readonly sources: SourceFetcher;
  readonly config: ConfigFetcher;
  readonly terminal: TerminalFetcher;
  readonly #deck: Deck;
  readonly #store: DashboardStore;
  #seenReloads: unknown = null;
  #cadence = -1;

  constructor(store: DashboardStore, redraw: Redraw) {
    const {deck} = store;
    const {mark, refresh, flush} = redraw;
    const now = () => store.now();
    this.#deck = deck;
    this.#store = store;
    this.log = new LogFetcher(deck, () => {
      settleLog(store);
      if (this.log.stale) return refresh();
      // Lines that came meanwhile are for the next tick: asking at once would make two clocks of one.
      mark();
      flush();
    });
    this.tail = new LogFetcher(deck, mark);
    this.capture = new CaptureFetcher(deck, refresh);
    this.incident = new IncidentFetcher(deck, refresh, now);
    this.live = new LiveFetcher(deck, mark, now);
    this.sources = new SourceFetcher(deck, mark);
    this.config = new ConfigFetcher(deck, () => {
      settleConfig(store);
      refresh();
    });
    this.terminal = new TerminalFetcher(deck, !store.readOnly, refresh);
  }

  /** Tells the fetchers what the screen needs; they ask when they must. */
  want(columns: number, rows: number): void {
    if (this.#deck.closed() !== null) return;
    const {ui} = this.#store;
    const state = this.#deck.state();
    const {detail} = ui;
    if (state.reloads !== this.#seenReloads) {
      this.#seenReloads = state.reloads;
      this.sources.forget();
    }
    const room = bodyHeight({rows, ui});
    const inLogs = ui.view === 'logs' && detail === null;
    this.log.want(inLogs ? {choice: ui.log, limit: Math.max(1, room - 1), last: state.log.last} : null);
    const tail = this.#tailChoice(state, room);
    this.tail.want(tail === null ? null : {choice: tail, limit: room, last: state.log.last});
    this.terminal.want(terminalWish(this.#store, columns, rows));
    this.config.want(ui.view === 'config');
    if (detail?.kind === 'capture') this.capture.want(detail.id, ui.alone ? [] : takenTogether(state.captures, detail.id));
    else this.capture.want(null);
    const incident = detail?.kind === 'incident' ? detail.id : null;
    this.incident.want(
      incident,
      state.incidents.find((one) => one.id === incident),
    );
    this.live.want(
      detail?.kind === 'request'
        ? {requestId: detail.id, pid: detail.pid, ident: detail.ident, running: state.requests.some((one) => one.id === detail.id)}
        : null,
    );
    this.#wantCadence(ui.view === 'overview' || ui.view === 'requests' ? 500 : 1000);
  }

  /** What has come so far, for the next frame. */
  fetched(rows: number): Fetched {
    const state = this.#deck.state();
    const tail = this.#tailChoice(state, bodyHeight({rows, ui: this.#store.ui}));
    return {
      log: {window: this.log.window, error: this.log.error},
      tail: this.tail.answered === tail ? this.tail.window : null,
      capture: this.capture.current,
      incident: this.incident.current,
      live: this.live.current,
      sources: this.sources.current,
      config: {view: this.config.current, error: this.config.error},
      terminal: {screen: this.terminal.screen, error: this.terminal.error},
    };
  }

  stop(): void {
    this.terminal.stop();
    if (this.#deck.closed() === null && this.#cadence > 0) void this.#deck.send({type: 'cadence', ms: 0}).catch(ignore);
  }

  /** Asks for the answer to something that is so already. */
  ping(): void {
    void this.#deck.send({type: 'cadence', ms: Math.max(0, this.#cadence)}).catch(ignore);
  }

  #wantCadence(ms: number): void {
    if (ms === this.#cadence) return;
    this.#cadence = ms;
    void this.#deck.send({type: 'cadence', ms}).catch(ignore);
  }

  /** Which part of the log is shown beside what the view is about; null where the small state's few lines fill it. */
  #tailChoice(state: InstanceState, room: number): LogChoice | null {
    const {view, detail} = this.#store.ui;
    if (detail !== null) return null;
    if (view === 'requests') return state.requests.length === 0 ? FINISHED : null;
    return view === 'overview' && room > 26 ? NEWEST : null;
  }
}

/** The connection went between two ticks; the next tick sees it and leaves. */
function ignore(): void {}

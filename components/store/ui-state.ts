/** What the user has chosen to see. Plain data; changed only by actions. */
import type {Command} from '../../src/model/commands.ts';
import {LOG_LEVELS, type LogEntry, type LogLevel, type LogSource} from '../../src/model/log.ts';
import type {InstanceState} from '../../src/model/state.ts';
import type {Place} from '../../src/terminal/keymap.ts';
import type {Tone} from '../../src/terminal/theme.ts';

const VIEWS = ['overview', 'requests', 'stacks', 'logs', 'processes', 'incidents', 'config'] as const;
export type View = (typeof VIEWS)[number] | 'terminal';

/** The digit that opens a view: the same on every server, whether it has all of them or not. */
export const VIEW_KEYS: Record<View, number> = {
  overview: 1,
  requests: 2,
  stacks: 3,
  logs: 4,
  processes: 5,
  incidents: 6,
  config: 7,
  terminal: 8,
};

/** The views of a server, in the order of their keys. */
export function viewsOf(state: InstanceState): readonly View[] {
  return state.info?.interactive ? [...VIEWS, 'terminal'] : VIEWS;
}

export type Detail =
  | {kind: 'request'; id: string; pid: number; ident: string; method: string; url: string; startedAt: number}
  | {kind: 'capture'; id: number}
  | {kind: 'entry'; entry: LogEntry}
  | {kind: 'incident'; id: string}
  /** Pages that belong to no list. */
  | {kind: PageName};

/** `advice`: capacity; `reloads`: the last reloads; `foreign`: what a restart under wsgideck would add. */
export type PageName = 'advice' | 'reloads' | 'foreign';

export type Overlay =
  | {kind: 'help'}
  | {kind: 'palette'; text: string; index: number}
  | {kind: 'menu'; of: MenuOf; index: number}
  | {kind: 'filter'; text: string; before: string}
  | {kind: 'search'; text: string; before: ConfigChoice};

/** What a menu offers things for: signals to a process, formats of an incident. */
export type MenuOf = {type: 'process'; pid: number} | {type: 'incident'; id: string};

export interface Confirmation {
  question: string;
  command: Command;
  /** What happens to the requests in flight. How many those are is said with the question, as long as it stands. */
  requests?: 'cuts' | 'waits' | 'gives 3 s';
  /** What happens to them where that is no matter of their number. */
  consequence?: string;
}

export type LogAnchor =
  /** The newest end, moving. */
  | {mode: 'follow'}
  /** Entries older than `seq`. */
  | {mode: 'before'; seq: number}
  /** Entries newer than `seq`. */
  | {mode: 'after'; seq: number};

export interface LogChoice {
  anchor: LogAnchor;
  /** Which end of the window is selected as soon as it is there: the window moved because the selection would have left it. */
  settle?: 'first' | 'last' | undefined;
  filter: string;
  /** The least urgent level shown; null for all; `quiet` for all but what Apache and mod_wsgi say about their own work. */
  level: LogLevel | 'quiet' | null;
  /** Index into LOG_SOURCES. */
  source: number;
}

export interface ConfigChoice {
  /** The options in effect, or the file that was made of them. */
  part: 'options' | 'file';
  /** Where the cursor of each is, counted from 0; and the first line of the file on the screen. */
  option: number;
  line: number;
  top: number;
  /** What is looked for in the part that is open, where it was found, and why it cannot be looked for. */
  search: string;
  hits: readonly number[];
  error: string | null;
}

export const LOG_SOURCES: readonly {label: string; sources: LogSource[] | null}[] = [
  {label: 'all', sources: null},
  {label: 'application', sources: ['app']},
  {label: 'error log', sources: ['error', 'app', 'startup']},
  {label: 'access', sources: ['access']},
  {label: 'no access', sources: ['error', 'app', 'startup', 'deck']},
  {label: 'wsgideck', sources: ['deck']},
];

/** What `l` goes through. */
export const LEVELS: readonly {level: LogChoice['level']; label: string}[] = [
  {level: 'quiet', label: "all but Apache's info"},
  {level: null, label: 'all'},
  {level: 'info', label: 'info'},
  {level: 'notice', label: 'notice'},
  {level: 'warn', label: 'warn'},
  {level: 'error', label: 'error'},
];

export interface UiState {
  view: View;
  detail: Detail | null;
  overlay: Overlay | null;
  confirm: Confirmation | null;
  selected: {
    request: string | null;
    capture: number | null;
    pid: number | null;
    entry: number | null;
    incident: string | null;
    /** On the overview: `!` and a concern's key, or a request's id; null for the first. */
    item: string | null;
  };
  /** First visible row of a detail or of help. */
  scroll: number;
  /** The line of code that is marked in a detail, counted from the top; null for the one that matters most. */
  place: number | null;
  /** Incidents that were looked at here: they do not ask for attention any more. */
  seen: ReadonlySet<string>;
  folded: boolean;
  /** A capture is looked at without those of the other processes. */
  alone: boolean;
  log: LogChoice;
  config: ConfigChoice;
  /** The terminal of debug mode: do the keys go there, and how many lines above its end is it looked at. */
  pane: {typing: boolean; back: number};
  zoom: boolean;
  mouse: boolean;
  status: {text: string; tone: Tone; until: number} | null;
  /** How often the user has asked to stop: 1 gracefully, 2 now. */
  stops: 0 | 1 | 2;
}

export function initialUi(mouse: boolean): UiState {
  return {
    view: 'overview',
    detail: null,
    overlay: null,
    confirm: null,
    selected: {request: null, capture: null, pid: null, entry: null, incident: null, item: null},
    scroll: 0,
    place: null,
    seen: new Set(),
    folded: true,
    alone: false,
    log: {anchor: {mode: 'follow'}, filter: '', level: 'quiet', source: 0},
    config: {part: 'options', option: 0, line: 0, top: 0, search: '', hits: [], error: null},
    pane: {typing: false, back: 0},
    zoom: false,
    mouse,
    status: null,
    stops: 0,
  };
}

/** Where the keys act. A server that could not be started has its own place, whichever view is open. */
export function placeOf(ui: UiState, failed: boolean): Place | 'filter' | 'search' | 'confirm' {
  if (ui.confirm) return 'confirm';
  if (ui.overlay) return ui.overlay.kind;
  if (ui.detail) return ui.detail.kind;
  if (ui.view === 'terminal' && ui.pane.typing) return 'pane';
  return failed && ui.view === 'overview' ? 'failed' : ui.view;
}

export function isUrgent(level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf('error');
}

/** What a presenter gets: everything that decides what is on the screen, at one moment. */
import type {ConfigView, LogWindow, SourceWindow} from '../../src/model/commands.ts';
import type {Place as CodePlace} from '../../src/model/diagnosis.ts';
import type {Incident} from '../../src/model/incidents.ts';
import type {StackCapture, ThreadStack} from '../../src/model/stacks.ts';
import type {InstanceState} from '../../src/model/state.ts';
import type {Glyphs} from '../../src/terminal/glyphs.ts';
import type {Row} from '../../src/terminal/rows.ts';
import type {Silence} from './silence.ts';
import type {TerminalScreen} from './terminal-emulator.ts';
import type {UiState} from './ui-state.ts';

export interface Fetched {
  log: {window: LogWindow | null; error: string | null};
  /** The newest entries that the view shows beside its own: more than the small state has, or the requests that have finished. */
  tail: LogWindow | null;
  /** `others`: of the other processes, taken at the same moment. */
  capture: {id: number; capture: StackCapture | null; others: StackCapture[]; error: string | null} | null;
  incident: {id: string; incident: Incident | null; error: string | null} | null;
  live: LiveStack | null;
  /** By `sourceKey`; null while it is being fetched. */
  sources: ReadonlyMap<string, SourceWindow | null>;
  config: {view: ConfigView | null; error: string | null};
  /** The terminal of debug mode; null until it is there. */
  terminal: {screen: TerminalScreen | null; error: string | null};
}

/** The stack of one request, asked for again and again while it is looked at. */
export interface LiveStack {
  requestId: string;
  pid: number;
  /** The newest stack of the request's thread; null until there is one. */
  thread: ThreadStack | null;
  /** All threads of its process at that moment. */
  capture: StackCapture | null;
  at: number;
  method: StackCapture['method'] | null;
  /** Samples that found the request, and how many of the newest of them had the same innermost frames. */
  samples: number;
  same: number;
  sameSince: number;
  error: string | null;
}

export interface Snapshot {
  state: InstanceState;
  ui: UiState;
  fetched: Fetched;
  /** Milliseconds since the epoch: of the server, which in a recording is the moment that is shown, and without news that of the last. */
  now: number;
  /** Milliseconds since the epoch: of whoever looks. */
  wall: number;
  columns: number;
  rows: number;
  glyphs: Glyphs;
  colour: boolean;
  closed: string | null;
  /** The far side does not answer: what is shown is as it last told. */
  silence: Silence | null;
  /** Nothing happens, and it is not drawn every second: what counts seconds is left out. */
  idle: boolean;
  /** Nothing can be changed from here: this screen only looks, the server takes no orders, or it is a recording. */
  readOnly: boolean;
  quitMeans: 'stop' | 'detach';
}

export interface SourceWish {
  file: string;
  line: number;
}

/** A view's rows for a given space, and what it would need to show more. */
export interface Presented {
  rows: Row[];
  /** Rows that exist in all; more than fit can be scrolled to. */
  total?: number;
  sources?: SourceWish[];
  /** Lines of code among the rows, from the top; `main` is the index of the one that matters most. */
  places?: {row: number; place: CodePlace}[];
  main?: number;
}

/** The space a view may fill. */
export interface Space {
  width: number;
  height: number;
}

export function sourceKey(wish: SourceWish): string {
  return `${wish.line}:${wish.file}`;
}

/** Everything a person or script can ask of a supervisor: commands change something, queries only read. */
import type {LogEntry, LogLevel, LogSource} from './log.ts';
import type {Incident} from './incidents.ts';
import type {StackCapture, StackSummary} from './stacks.ts';

export type Command =
  /** Graceful: no new connections, requests in flight finish, then exit. `now` cuts them. */
  | {type: 'stop'; now: boolean}
  /** Apache's restart (HUP, cuts requests) or graceful restart (USR1). */
  | {type: 'restart'; graceful: boolean}
  /** Replace the daemon processes so that new code is loaded. */
  | {type: 'reload'}
  /** Send a signal to one process of the instance; refused for pids that are not ours. */
  | {type: 'signal'; pid: number; signal: 'SIGTERM' | 'SIGINT' | 'SIGUSR1' | 'SIGHUP' | 'SIGKILL'}
  /** Take stacks of one daemon process, or of all when `pid` is absent. */
  | {type: 'stacks'; pid?: number}
  /** How often the dashboard wants samples, in milliseconds; 0 for only the idle heartbeat. Lives as long as the connection. */
  | {type: 'cadence'; ms: number}
  /** Debug mode: typed into the terminal of the one process; at most 4,096 characters at once. */
  | {type: 'input'; data: string}
  /** Debug mode: the size of that terminal, in cells. */
  | {type: 'resize-pane'; cols: number; rows: number}
  /** Keeps the evidence as it is now: of everything, of one process, or of one request. */
  | {type: 'file-incident'; pid?: number; requestId?: string}
  /** Writes one incident into a file of its own, owner only; the answer says where. */
  | {type: 'export-incident'; id: string; format: IncidentFormat}
  /** Has one daemon process finish its requests and replaced by a new one. */
  | {type: 'recycle'; pid: number}
  /** Raises an exception in the thread of one request, where mod_wsgi allows it (6.x). */
  | {type: 'interrupt'; requestId: string}
  /** Only of a recording that is played. `value`: the speed, or the moment in milliseconds since the epoch. */
  | {type: 'replay'; action: 'pause' | 'play' | 'speed' | 'seek' | 'next-incident' | 'previous-incident'; value?: number};

export type IncidentFormat = 'json' | 'markdown' | 'html';

export interface LogFilter {
  /** Regular expression (case-insensitive unless it holds a capital); a leading `!` inverts it. Empty matches all. */
  text?: string;
  /** Least urgent level shown. */
  level?: LogLevel;
  sources?: LogSource[];
  /** Without what Apache and mod_wsgi say about their own work (`isChatter`). */
  quiet?: boolean;
  pid?: number;
}

export type Query =
  /**
   * A window of matching log entries. `before: null` is the newest end (follow); otherwise entries with seq < before.
   * `after` instead asks for entries with seq > after. At most 500 are returned.
   */
  | {type: 'log'; filter: LogFilter; before?: number | null; after?: number; limit: number}
  | {type: 'capture'; id: number}
  /** The stacks of one daemon process as they are now, not kept in the list of captures: for a live view that asks every second. */
  | {type: 'live'; pid: number}
  /** The options in effect and the configuration that was made of them. */
  | {type: 'config'}
  | {type: 'incident'; id: string}
  /** Where the flight recorder keeps its files, for who may read them. */
  | {type: 'recording'}
  /** Debug mode: what its terminal has printed after the first `after` characters; all that is kept without it. */
  | {type: 'terminal'; after?: number}
  /** Source text around a line of a file that a stack or traceback of this instance has named; refused for any other file. */
  | {type: 'source'; file: string; line: number; context: number};

/** One option of the command line as it is in effect. */
export interface EffectiveOption {
  name: string;
  area: string;
  value: string;
  /** Differs from the default. */
  given: boolean;
  help: string;
}

/** How the server was set up. */
export interface ConfigView {
  options: EffectiveOption[];
  /** The generated configuration file and its lines; comments starting with `# ` head the sections. */
  file: string;
  lines: string[];
  error?: string;
}

export interface LogWindow {
  entries: LogEntry[];
  /** Are there older / newer matches beyond this window. */
  older: boolean;
  newer: boolean;
  /** Newest and oldest sequence number kept. */
  first: number;
  last: number;
  /** Set when the filter is not a valid regular expression; no entries then. */
  error?: string;
}

/** Output of a terminal, escape sequences included. */
export interface TerminalWindow {
  /** Characters printed before `data`: more than was asked for when those are not kept any more. */
  from: number;
  data: string;
  /** The terminal's size in cells. */
  cols: number;
  rows: number;
}

export interface SourceWindow {
  file: string;
  /** First line number of `lines`, 1-based. */
  from: number;
  lines: string[];
  error?: string;
}

export interface RecordingInfo {
  /** Null when nothing is recorded (or the disk is full). */
  folder: string | null;
  from: number;
  to: number;
  bytes: number;
}

export interface QueryResults {
  log: LogWindow;
  capture: StackCapture | null;
  /** Null when the process is gone. */
  live: StackCapture | null;
  config: ConfigView;
  incident: Incident | null;
  recording: RecordingInfo;
  terminal: TerminalWindow;
  source: SourceWindow;
}

/** Answer to a command: what was done, in one line, or why not. */
export interface CommandResult {
  ok: boolean;
  text: string;
  captures?: StackSummary[];
}

/** The small state of one instance: what every screen needs at once. Bulk (log windows, stacks) is fetched by what is visible. */
import type {Diagnosis} from './diagnosis.ts';
import type {
  ActiveRequest,
  ExitInfo,
  InstanceInfo,
  Phase,
  ProcessRow,
  ReloadRecord,
  RestartCause,
  SlotRow,
  TrafficWindow,
} from './events.ts';
import type {IncidentSummary} from './incidents.ts';
import type {LogEntry, LogLevel} from './log.ts';
import type {PhaseWindow} from './phases.ts';
import type {ReplayState} from './replay.ts';
import type {StackSummary} from './stacks.ts';
import type {RequestVerdict} from './verdict.ts';

export interface Lifecycle {
  phase: Phase;
  since: number;
  detail: string;
  attempt: number;
  retryAt: number | null;
  exit: ExitInfo | null;
  launchedAt: number | null;
  /** When the probe was first answered, and how long after launch (milliseconds). */
  answeredAt: number | null;
  answeredMs: number | null;
  guardPid: number | null;
  apachePid: number | null;
  drain: {inFlight: number; oldestMs: number | null; deadline: number | null} | null;
}

export interface AgentState {
  pid: number;
  state: 'connected' | 'silent' | 'wedged';
  since: number;
  python: string | null;
  detail: string;
  /** Busy worker threads and their number in this process at the last sample. */
  busy: number;
  total: number;
  queueMs: number | null;
  sampledAt: number | null;
  /** Requests not listed because the process had more than a sample holds. */
  dropped: number;
}

export interface RestartRecord {
  at: number;
  pid: number;
  cause: RestartCause;
  text: string;
  processGroup: string;
  inFlight: ActiveRequest[];
  source: 'agent' | 'log' | 'exit';
}

export interface ExceptionRecord {
  at: number;
  pid: number;
  requestId: string | null;
  request: string | null;
  title: string;
  traceback: string[];
  file: string | null;
  line: number | null;
  count: number;
}

export interface Notice {
  key: string;
  at: number;
  severity: 'info' | 'warn' | 'error';
  text: string;
  remedy: string | null;
}

export interface LogHead {
  /** Newest sequence number, and how many entries the store has dropped. */
  last: number;
  dropped: number;
  /** Entries seen per level since the start. */
  counts: Record<LogLevel, number>;
  /** The newest entries at warn or worse, oldest first, at most 8. */
  problems: LogEntry[];
  /** The newest entries that are no chatter (`isChatter`), oldest first, at most 8. */
  recent: LogEntry[];
}

export interface InstanceState {
  name: string;
  /** Time of the newest event. */
  at: number;
  info: InstanceInfo | null;
  lifecycle: Lifecycle;
  agents: AgentState[];
  requests: ActiveRequest[];
  processes: ProcessRow[];
  host: {cpuCount: number; memTotal: number; memAvailable: number; load1: number} | null;
  /** The newest window, and the last 60 of them, oldest first. */
  traffic: TrafficWindow[];
  /** Busy threads over time for the sparkline, the last 60 readings, one a second. */
  busyHistory: number[];
  restarts: RestartRecord[];
  reloads: ReloadRecord[];
  exceptions: ExceptionRecord[];
  captures: StackSummary[];
  notices: Notice[];
  /** Oldest first; those of earlier supervisors of this server root included. */
  incidents: IncidentSummary[];
  /** Of requests that are served now. */
  verdicts: RequestVerdict[];
  /** The newest one, and the capacity advice in force. */
  phases: PhaseWindow | null;
  advice: Diagnosis[];
  /** Empty unless code is reloaded by swap. */
  slots: SlotRow[];
  /** Only of a recording that is played. */
  replay?: ReplayState;
  log: LogHead;
  /** Only of a server that is not ours and has mod_status: busy and idle workers of Apache's own children. */
  scoreboard?: {at: number; busy: number; idle: number; accesses: number | null};
  /** Debug mode: characters its terminal has printed so far. */
  terminal?: {end: number};
}

/** How many of each the small state keeps; older ones fall off the front. */
export const KEEP = {
  traffic: 60,
  busyHistory: 60,
  restarts: 50,
  reloads: 20,
  exceptions: 30,
  captures: 50,
  notices: 20,
  incidents: 200,
  verdicts: 50,
  problems: 8,
  recent: 8,
  requests: 500,
} as const;

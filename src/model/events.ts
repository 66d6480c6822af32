/**
 * Everything that happens to an instance. The supervisor's state is `events.reduce(apply)`; the same stream, unchanged, is what
 * dashboards read, what `--json` prints and (later) what recordings hold. Events are facts: past tense, small, typed, bounded.
 */
import type {Diagnosis, Place} from './diagnosis.ts';
import type {IncidentSummary} from './incidents.ts';
import type {LogEntry} from './log.ts';
import type {PhaseWindow} from './phases.ts';
import type {ReplayState} from './replay.ts';
import type {LogHead} from './state.ts';
import type {StackCapture} from './stacks.ts';
import type {RequestVerdict} from './verdict.ts';

/** Raised when an event changes meaning; new optional fields do not raise it. */
export const STREAM_VERSION = 1;

export type Phase = 'starting' | 'ready' | 'degraded' | 'reloading' | 'stopping' | 'stopped' | 'failed';

/** What an instance is, fixed for one run of Apache's parent. */
export interface InstanceInfo {
  /** Short name for the screen: the script's folder, or the host and port. */
  name: string;
  url: string;
  serverRoot: string;
  script: string | null;
  workingDirectory: string;
  processGroup: string;
  applicationGroup: string;
  modWsgi: string;
  python: string;
  apache: string;
  mpm: string;
  /** Daemon processes and threads of each; capacity is the product. 0 processes means embedded mode. */
  processes: number;
  threads: number;
  /** Seconds; 0 means off. */
  requestTimeout: number;
  shutdownTimeout: number;
  gracefulTimeout: number;
  queueTimeout: number;
  reloadOnChanges: boolean;
  errorLog: string;
  accessLog: string | null;
  /** Folder whose files count as the application's own in a stack. */
  projectRoot: string;
  /** Process ids of the supervisor and (once known) the guard and Apache's parent. */
  supervisorPid: number;
  /** Debug mode: the one process has a terminal, which can be typed into from here. */
  interactive?: boolean;
  /** Nobody may act on it through this supervisor (`--read-only`). */
  readOnly?: boolean;
  /**
   * Not started by us and not restarted for us: what it is, and what a restart under wsgideck would add, one thing a line.
   */
  foreign?: {kind: 'original' | 'system'; gains: string[]};
  /** All process groups, where there is more than the one above. */
  groups?: {name: string; processes: number; threads: number}[];
}

export interface ExitInfo {
  code: number | null;
  signal: string | null;
}

/** One request that is being served now. */
export interface ActiveRequest {
  /** mod_wsgi.request_id, the same as Apache's %L. */
  id: string;
  pid: number;
  /** Python thread ident, decimal. */
  ident: string;
  /** mod_wsgi's worker number, 1-based, where known. */
  worker?: number;
  method: string;
  url: string;
  /** Milliseconds since the epoch when the application got it. */
  startedAt: number;
  /** Milliseconds it waited before a worker thread took it, where known. */
  queueMs?: number;
  client?: string;
  /** Innermost frame of the application's own code at the last sample, `file:line in func`. */
  at?: string;
  /** Pieces of its response that have been passed on, while one is walked through that is no sequence and no file. */
  pieces?: number;
  /** Since when nothing more of it has come, milliseconds since the epoch; once there is a piece. As exact as the samples are frequent. */
  silentSince?: number;
}

export type ProcessRole = 'supervisor' | 'dashboard' | 'guard' | 'apache' | 'child' | 'daemon' | 'service' | 'other';

/** What has stopped a process. */
export interface StopReason {
  /** A signal's name, with its usual cause where there is one, or a program with its pid; completes "stopped by". */
  by: string;
  /** Process id of the debugger that holds it. */
  tracer?: number;
}

export interface ProcessRow {
  pid: number;
  ppid: number;
  role: ProcessRole;
  /** Process group's name for daemons, command name otherwise. */
  label: string;
  state: string;
  /** Percent of one core since the previous reading. */
  cpu: number;
  /** Bytes. */
  rss: number;
  threads: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** For daemons: is its agent connected, silent, or absent. */
  agent?: 'connected' | 'silent' | 'absent';
  /** It does nothing until somebody continues it. */
  stopped?: StopReason;
  /** For daemons: why its predecessor went, in plain words. */
  replaced?: string;
}

export type RestartCause =
  | 'request-timeout'
  | 'deadlock-timeout'
  | 'maximum-requests'
  | 'inactivity-timeout'
  | 'cpu-time-limit'
  | 'memory-limit'
  | 'restart-interval'
  | 'startup-timeout'
  | 'graceful'
  | 'shutdown'
  | 'reload'
  | 'script-changed'
  | 'crash'
  | 'killed'
  | 'apache-restart'
  | 'unknown';

export interface TrafficWindow {
  /** End of the window, milliseconds since the epoch, and its length in seconds. */
  at: number;
  seconds: number;
  /** Finished requests in the window. */
  requests: number;
  /** Of those, answered 5xx, 4xx. */
  errors5xx: number;
  errors4xx: number;
  /** Milliseconds over the last 60 s of finished requests; null when there were none. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

interface Base {
  /** Milliseconds since the epoch. */
  at: number;
  /** Instance name. */
  instance: string;
}

export type DeckEvent = Base &
  (
    | {type: 'instance'; info: InstanceInfo}
    | {type: 'phase'; phase: Phase; detail: string; attempt?: number; retryAt?: number; exit?: ExitInfo}
    /** A new Apache parent runs under a new guard; 0 for none, when it was not started by us. */
    | {type: 'launched'; guardPid: number; apachePid: number | null}
    /** The HTTP probe was answered for the first time since launch: `ms` since launch. */
    | {type: 'answered'; ms: number; status: number}
    | {type: 'agent'; pid: number; state: 'connected' | 'silent' | 'gone' | 'wedged' | 'recovered'; python?: string; detail?: string}
    /** All active requests of one process at one moment; replaces what was known of that process. */
    | {
        type: 'requests';
        pid: number;
        requests: ActiveRequest[];
        busy: number;
        total: number;
        dropped: number;
        queueMs?: number;
        /** Seen in Apache's scoreboard (mod_status): `pid` is an MPM child, nothing is known of threads, `ident` is empty. */
        from?: 'scoreboard';
      }
    /** Workers of Apache's own children as mod_status counts them; `accesses` finished requests since Apache's start, where it counts them. */
    | {type: 'scoreboard'; busy: number; idle: number; accesses: number | null}
    | {type: 'processes'; rows: ProcessRow[]}
    | {type: 'host'; cpuCount: number; memTotal: number; memAvailable: number; load1: number}
    | {type: 'traffic'; window: TrafficWindow}
    | {type: 'log'; entry: LogEntry}
    /** Instead of the single entries, several times a second, for clients that fetch log windows by themselves. */
    | {type: 'log-head'; head: LogHead}
    | {type: 'stacks'; capture: StackCapture}
    /** A daemon process ended or was told to. One per pid; a later one with a better-known cause replaces it. */
    | {
        type: 'restart';
        pid: number;
        cause: RestartCause;
        text: string;
        processGroup: string;
        inFlight?: ActiveRequest[];
        source: 'agent' | 'log' | 'exit';
      }
    | {
        type: 'exception';
        pid: number;
        requestId?: string;
        request?: string;
        title: string;
        traceback: string[];
        file?: string;
        line?: number;
      }
    | {type: 'reload'; reload: ReloadRecord}
    /** Something a person must see; `key` makes it replaceable, `cleared` takes it away. */
    | {type: 'notice'; key: string; severity: 'info' | 'warn' | 'error'; text: string; remedy?: string; cleared?: boolean}
    | {type: 'drain'; inFlight: number; oldestMs: number | null; deadline: number | null}
    /**
     * What the one process of debug mode has printed on its terminal, escape sequences included. `from` counts the characters printed before it
     * since the start: there is a gap where more came at once than an event holds.
     */
    | {type: 'terminal'; from: number; data: string}
    /** Replaces an earlier one of the same id. */
    | {type: 'incident'; incident: IncidentSummary}
    /** Of one request; replaces the earlier one of the same request. */
    | {type: 'verdict'; verdict: RequestVerdict}
    | {type: 'phases'; phases: PhaseWindow}
    /** What the figures say about capacity; replaces what was said before. */
    | {type: 'advice'; advice: Diagnosis[]}
    | {type: 'replay'; replay: ReplayState}
    /** Reload by swap: what each of the two daemon groups is at. */
    | {type: 'slots'; slots: SlotRow[]}
  );

/** One of the two daemon groups of a reload by swap. */
export interface SlotRow {
  name: 'blue' | 'green';
  /** The name of its process group. */
  processGroup: string;
  /** `empty`: interpreter and agent, no application; `loaded`: ready to be switched to; `draining`: finishes its requests. */
  state: 'live' | 'empty' | 'loading' | 'loaded' | 'failed' | 'draining' | 'recycling';
  since: number;
  pids: number[];
  /** Requests it is at. */
  inFlight: number;
}

export interface ReloadRecord {
  id: number;
  /** Changed files, relative to the project root where inside it; at most 20 named, `files` counts all. */
  names: string[];
  files: number;
  /** Milliseconds since the epoch: first change seen; new code answered. */
  seenAt: number;
  answeredAt: number | null;
  status: 'running' | 'done' | 'failed';
  /** Milliseconds from seen to answered. */
  ms: number | null;
  by: 'change' | 'hand';
  detail?: string;
  strategy?: 'swap' | 'restart' | 'graceful';
  /** Milliseconds since the epoch: all processes of the idle slot had loaded; the switch was thrown; the old slot had finished its requests. */
  loadedAt?: number;
  switchedAt?: number;
  drainedAt?: number;
  /** Milliseconds that importing the application took (of the slowest process). */
  importMs?: number;
  /** Requests that the old code finished after the switch, and those that were cut. */
  finishedByOld?: number;
  cut?: number;
  /** Bytes of all daemon processes. */
  memoryBefore?: number;
  memoryAfter?: number;
  /** Why the new code did not load; the old code serves on. */
  failure?: {title: string; traceback: string[]; place: Place | null; source?: string};
}

export type EventType = DeckEvent['type'];
export type EventOf<T extends EventType> = Extract<DeckEvent, {type: T}>;

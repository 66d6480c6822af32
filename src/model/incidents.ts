/** Something went wrong: when, why, and the evidence, kept after the process is gone. */
import type {Diagnosis, Place} from './diagnosis.ts';
import type {ActiveRequest, InstanceInfo, ProcessRow} from './events.ts';
import type {LogEntry} from './log.ts';
import type {StackCapture} from './stacks.ts';
import type {RequestVerdict} from './verdict.ts';

export const INCIDENT_KINDS = [
  /** A request that does not move, seen before mod_wsgi acts. */
  'stuck',
  'request-timeout',
  /** The interpreter is held: GIL or deadlock timeout. */
  'wedged',
  'crash',
  'memory-limit',
  'cpu-limit',
  'restart-loop',
  'failed-load',
  'failed-reload',
  /** All threads busy and a growing queue. */
  'saturated',
  /** Burst of 5xx. */
  'server-errors',
  'disk-full',
  'log-failure',
  /** File descriptors run out. */
  'descriptors',
  /** Clients go away before they have their answer. */
  'disconnects',
  'apache-died',
  'by-hand',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** What a list needs; the evidence is fetched when one is opened. */
export interface IncidentSummary {
  /** Unique on this machine, sorts by time: `20261120-131502-3f`. Letters, digits and `-` only. */
  id: string;
  kind: IncidentKind;
  severity: 'error' | 'warn';
  /** Milliseconds since the epoch; null while it lasts. */
  openedAt: number;
  closedAt: number | null;
  /** One line for people: "request timeout: POST /pay after 60.2 s". */
  title: string;
  pid: number | null;
  processGroup: string;
  /** The line of code to look at: the application's own innermost one, where known. */
  where: Place | null;
  /** How often the same happened while it was open. */
  count: number;
  /** Of the best diagnosis; empty when none fits. */
  cause: string;
  remedy: string;
  /** Opened by an earlier supervisor of this server root. */
  earlier: boolean;
}

/** Figures of the whole server at one moment, for before and after. */
export interface Figures {
  at: number;
  requestsPerSecond: number;
  errors5xx: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  busy: number;
  capacity: number;
  queueMs: number | null;
  /** Percent of one core, and bytes, of all daemon processes. */
  cpu: number;
  rss: number;
  load1: number | null;
}

/** All of one incident, as it is kept on disk and exported. Secrets are masked already. */
export interface Incident {
  v: 1;
  summary: IncidentSummary;
  instance: Pick<
    InstanceInfo,
    'name' | 'url' | 'script' | 'serverRoot' | 'modWsgi' | 'python' | 'apache' | 'mpm' | 'processes' | 'threads' | 'requestTimeout'
  >;
  /** The reason in the words of whoever told of it. */
  reason: string;
  inFlight: ActiveRequest[];
  verdicts: RequestVerdict[];
  captures: StackCapture[];
  /** The last lines before it opened and those while it lasted, oldest first. */
  log: LogEntry[];
  processes: ProcessRow[];
  /** About one a second for the last minute before, and until a minute after it opened. */
  before: Figures[];
  after: Figures[];
  diagnoses: Diagnosis[];
}

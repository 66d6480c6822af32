/**
 * One entry of a log, as every view, filter and recording sees it.
 * All text is exactly what was written (decoded leniently): it comes from strangers and is made safe only where it is drawn.
 */

/** Severity, ordered from the most to the least urgent. Apache's trace1..trace8 all become `trace`. */
export const LOG_LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Where an entry came from: `error` Apache's error log, `app` the part of it that the application wrote (print, stderr,
 * wsgi.errors, tracebacks), `access` the access log, `startup` what Apache printed on the pty before its log was open,
 * `deck` our own supervisor.
 */
export type LogSource = 'error' | 'app' | 'access' | 'startup' | 'deck';

export interface LogEntry {
  /** Position in the instance's log, counted from 1 without gaps; given by the log store, 0 before that. */
  seq: number;
  /** Milliseconds since the epoch; the time the line itself states where it states one. */
  at: number;
  source: LogSource;
  level: LogLevel;
  /** The line's message without Apache's prefix. For a folded entry, its headline (a traceback's last line). */
  text: string;
  /** The further lines of a folded entry (traceback, stack dump), in the order in which they are best read. */
  more?: string[];
  pid?: number;
  /** Kernel thread id, from `[pid P:tid T]`. Unrelated to the Python thread ident. */
  tid?: number;
  /** Apache module that wrote the line, for example `wsgi` or `core`. */
  module?: string;
  /** Message code such as `AH00489` or `WSGI0147`. */
  code?: string;
  /** Apache's `%L`, the same id as `mod_wsgi.request_id`. */
  requestId?: string;
  client?: string;
  /** What a folded entry is. */
  kind?: 'traceback' | 'stack-dump';
  /** The access log's fields, present exactly when `source` is `access`. */
  access?: AccessFields;
  /** How often the same text was seen in direct succession; absent means once. */
  repeated?: number;
  /** Bytes dropped because the line was longer than the follower keeps. */
  cut?: number;
}

export interface AccessFields {
  method: string;
  /** Path with query string, as Apache escaped it. */
  url: string;
  status: number;
  /** Microseconds from the first byte read to the last byte written (`%D`). */
  micros: number;
  /** Bytes sent including headers (`%O`). */
  bytes: number;
  /** The client was gone before it had its whole answer (`%X`); present only then. */
  aborted?: true;
}

/** What Apache and mod_wsgi say about their own work, at `info` and below: we make them say it, for the reasons of restarts. */
export function isChatter(entry: Pick<LogEntry, 'source' | 'level'>): boolean {
  return entry.source === 'error' && CHATTER.has(entry.level);
}

const CHATTER = new Set<LogLevel>(['info', 'debug', 'trace']);

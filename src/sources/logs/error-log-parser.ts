/**
 * Streaming parser of Apache's error log with mod_wsgi 4.9 or 6.x: raw lines in, entries out. Pure apart from its clock.
 *
 * A traceback or stack dump, which arrives as many lines with other processes' lines in between, becomes one entry. Such a fold is
 * followed per thread, and waits at most `FOLD_MS` for its next line: the caller calls `flush()` on a timer while `pending` is true.
 */
import type {LogEntry, LogSource} from '../../model/log.ts';
import {messageCode, parseApacheLine, type RawLine} from './apache-prefix.ts';
import {appLevel} from './app-level.ts';
import {RawFold, opensFault} from './fault-fold.ts';
import {dumpLineKind} from './stack-dump-parser.ts';
import {opensTraceback, TracebackFold} from './traceback-fold.ts';

/** Milliseconds that an unfinished fold waits for its next line. */
export const FOLD_MS = 200;
/** After a pause between two calls of `flush`, milliseconds: the process was stopped, and lines may be waiting in the file. */
const STALL_MS = 500;
const MAX_DUMP_LINES = 5000;
/** Folds open at once; more than that is an attack or a broken log, and the oldest goes out as it is. */
const MAX_FOLDS = 256;

export interface ErrorLogParserOptions {
  /** Source of lines without Apache's prefix: `startup` when what is parsed is Apache's terminal output. */
  rawSource?: Extract<LogSource, 'startup'>;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

interface Fold {
  base: LogEntry;
  /** When its last line arrived here, and when Apache wrote it. */
  touched: number;
  writtenAt: number;
  traceback?: TracebackFold;
  dump?: string[];
}

/** With an operating system's error in front, where there is one. */
const MOD_WSGI_4 = /^(\(\d+\)[^:[]*: )?mod_wsgi \(pid=(\d+)(?:, process='[^']*', application='[^']*')?\): /;
/** What 4.9's part in the MPM child says at error level without its own prefix. */
const DAEMON_TROUBLE =
  /^(?:\(\d+\)[^:[]*: )?(?:Truncated or oversized response headers|Response header|Timeout when reading response headers|Premature end of script headers|malformed header|Script timed out|Client denied|Request header|Invalid Content-Length|Target WSGI script|Options ExecCGI|Attempt to invoke directory|AcceptPathInfo|Chunked|Received request requiring chunked|Unexpected value for|Embedded mode of|Daemon process called|No WSGI daemon process)/i;
const TROUBLE_WORDS = /error|cannot|could not|failed|unable|no listening sockets|not found|denied|invalid/i;

export class ErrorLogParser {
  readonly #emit: (entry: LogEntry) => void;
  readonly #now: () => number;
  readonly #rawSource: LogSource | null;
  readonly #folds = new Map<string, Fold>();
  #flushed: number;
  /** The thread whose last line ended with a carriage return. */
  #returned: string | null = null;
  #raw: {fold: RawFold; base: LogEntry; touched: number} | null = null;

  constructor(emit: (entry: LogEntry) => void, options: ErrorLogParserOptions = {}) {
    this.#emit = emit;
    this.#now = options.now ?? Date.now;
    this.#rawSource = options.rawSource ?? null;
    this.#flushed = this.#now();
  }

  /** One line without its line end. `cut` is the number of bytes the follower had to drop from it. */
  push(line: string, cut = 0): void {
    const raw = parseApacheLine(line);
    if (!raw) return this.#pushRaw(line, cut);
    this.#endRaw();
    const entry = entryOf(raw);
    if (cut > 0) entry.cut = cut;
    if (this.#folds.size > 0) this.#endOlderThan(raw.at - FOLD_MS);
    const key = `${raw.pid ?? 0}:${raw.tid ?? 0}`;
    if (entry.source === 'app' && this.#isReturn(key, entry)) return;

    const open = this.#folds.get(key);
    if (open) {
      if (this.#continues(open, entry, raw)) return;
      this.#end(key, open);
    }
    this.#begin(key, entry, raw);
  }

  /** Ends folds that have waited long enough; all of them with `force` (end of the log, shutting down). */
  flush(force = false): void {
    const now = this.#now();
    if (now - this.#flushed > STALL_MS) {
      for (const fold of this.#folds.values()) fold.touched = now;
      if (this.#raw) this.#raw.touched = now;
    }
    this.#flushed = now;
    for (const [key, fold] of this.#folds) {
      if (force || now - fold.touched >= FOLD_MS) this.#end(key, fold);
    }
    if (this.#raw && (force || now - this.#raw.touched >= FOLD_MS)) this.#endRaw();
  }

  /** Is anything held back, so that `flush` has to be called within `FOLD_MS`? */
  get pending(): boolean {
    return this.#folds.size > 0 || this.#raw !== null;
  }

  /**
   * A line of the application that ends with a carriage return: it is no part of the text. When the line feed comes in a write of its own (as
   * print() does), mod_wsgi makes an empty line of it: true for that one, which is no line.
   */
  #isReturn(key: string, entry: LogEntry): boolean {
    const after = this.#returned === key;
    if (after) this.#returned = null;
    if (after && entry.text === '') return true;
    if (entry.text.endsWith('\r')) {
      entry.text = entry.text.slice(0, -1);
      this.#returned = key;
    }
    return false;
  }

  /** While catching up on an old log, the log's own clock says what is over, and keeps entries in order. */
  #endOlderThan(at: number): void {
    for (const [key, fold] of this.#folds) if (fold.writtenAt < at) this.#end(key, fold);
  }

  #begin(key: string, entry: LogEntry, raw: RawLine): void {
    const dump = dumpLineKind(entry.text);
    if (dump) {
      this.#open(key, {base: entry, touched: this.#now(), writtenAt: raw.at, dump: dump === 'header' ? [] : [entry.text]});
    } else if (raw.level === 'error' && opensTraceback(entry.text)) {
      this.#open(key, {base: entry, touched: this.#now(), writtenAt: raw.at, traceback: new TracebackFold(entry.text, raw.micros)});
    } else {
      this.#emit(entry);
    }
  }

  /** Flushing begins anew with the first fold: nobody flushes while there is none. */
  #opens(): void {
    if (!this.pending) this.#flushed = this.#now();
  }

  #open(key: string, fold: Fold): void {
    this.#opens();
    if (this.#folds.size >= MAX_FOLDS) {
      const [oldKey, old] = this.#folds.entries().next().value!;
      this.#end(oldKey, old);
    }
    this.#folds.set(key, fold);
  }

  #continues(fold: Fold, entry: LogEntry, raw: RawLine): boolean {
    let taken: boolean;
    if (fold.dump) {
      const kind = dumpLineKind(entry.text);
      taken = kind !== null && kind !== 'header' && fold.dump.length < MAX_DUMP_LINES;
      if (taken) fold.dump.push(entry.text);
    } else {
      taken = raw.level === 'error' && entry.requestId === fold.base.requestId && fold.traceback!.add(entry.text, raw.micros);
    }
    if (taken) {
      fold.touched = this.#now();
      fold.writtenAt = raw.at;
      if (entry.cut) fold.base.cut = (fold.base.cut ?? 0) + entry.cut;
    }
    return taken;
  }

  #end(key: string, fold: Fold): void {
    this.#folds.delete(key);
    const {base} = fold;
    if (fold.dump) {
      if (fold.dump.length > 0) {
        base.kind = 'stack-dump';
        base.more = fold.dump;
      }
      this.#emit(base);
      return;
    }
    const traceback = fold.traceback!;
    if (traceback.complete) {
      this.#emit({...base, source: 'app', level: 'error', kind: 'traceback', text: traceback.headline, more: traceback.lines});
    } else {
      for (const text of traceback.lines) this.#emit({...base, text});
    }
    if (traceback.trailingBlank) this.#emit({...base, source: 'app', level: 'info', text: ''});
  }

  /** Lines that did not go through Apache: standard error of any of its processes, or its start-up messages. */
  #pushRaw(line: string, cut: number): void {
    const text = MOD_WSGI_4.test(line) ? line : line.replace(/\r$/, '');
    if (this.#raw?.fold.add(text)) {
      this.#raw.touched = this.#now();
      return;
    }
    this.#endRaw();
    const code = messageCode(text);
    const apache = code !== undefined || /^(?:apache2|httpd|AH\d)/.test(text);
    const entry: LogEntry = {
      seq: 0,
      at: this.#now(),
      source: this.#rawSource ?? (apache ? 'error' : 'app'),
      level: apache || this.#rawSource ? (TROUBLE_WORDS.test(text) ? 'error' : 'notice') : appLevel(text),
      text,
    };
    if (code) entry.code = code;
    if (cut > 0) entry.cut = cut;
    if (!opensFault(text)) return this.#emit(entry);
    this.#opens();
    this.#raw = {fold: new RawFold(text), base: entry, touched: this.#now()};
  }

  #endRaw(): void {
    if (!this.#raw) return;
    const {fold, base} = this.#raw;
    this.#raw = null;
    if (fold.lines.length > 1) {
      this.#emit({...base, level: fold.kind === 'stack-dump' ? 'crit' : 'error', kind: fold.kind, text: fold.headline, more: fold.lines});
    } else {
      this.#emit(base);
    }
  }
}

function entryOf(raw: RawLine): LogEntry {
  let {text} = raw;
  const prefix = MOD_WSGI_4.exec(text);
  // The prefix says nothing new when it names the process that writes; the parent's lines about a daemon keep it.
  if (prefix && Number(prefix[2]) === raw.pid && prefix[0].endsWith(`pid=${raw.pid}): `))
    text = (prefix[1] ?? '') + text.slice(prefix[0].length);
  const app = raw.level === 'error' && (raw.module === 'wsgi' || !raw.module) && !prefix && !raw.code && !DAEMON_TROUBLE.test(text);
  // All fields in one literal, absent ones as undefined: a third less memory than adding them one by one.
  return {
    seq: 0,
    at: raw.at,
    source: app ? 'app' : 'error',
    level: app ? appLevel(text) : raw.level,
    text,
    pid: raw.pid,
    tid: raw.tid,
    module: raw.module,
    code: raw.code,
    requestId: raw.requestId,
    client: raw.client,
  };
}

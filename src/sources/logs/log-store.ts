/**
 * The log of one instance in memory: the newest entries of all sources in a ring, bounded in number and in bytes, with windows and
 * searches for screens and counters for the small state.
 */
import type {LogFilter, LogWindow} from '../../model/commands.ts';
import {isChatter, LOG_LEVELS, type LogEntry, type LogLevel} from '../../model/log.ts';
import {KEEP, type LogHead} from '../../model/state.ts';
import {FilterIndex, type EntrySource} from './filter-index.ts';
import {own} from './intern.ts';
import {compileFilter} from './log-filter.ts';

export interface LogQuery {
  filter: LogFilter;
  before?: number | null;
  after?: number;
  limit: number;
}

export interface LogStoreOptions {
  /** Entries kept. */
  capacity?: number;
  /** Approximate bytes kept. */
  maxBytes?: number;
  /** Number of the first entry; 1 unless told. */
  from?: number;
}

/** Most entries in one answer, as the contract in src/model/commands.ts has it. */
const MOST = 500;
/** Longest text kept of one entry, and of all lines of a folded one, in characters. */
const LONGEST_TEXT = 8 * 1024;
const LONGEST_FOLD = 128 * 1024;
/** What an entry costs beside its text, roughly (measured on V8 with pointer compression off). */
const ENTRY_BYTES = 350;
const KEPT_FILTERS = 6;
const URGENT = new Set<LogLevel>(LOG_LEVELS.slice(0, LOG_LEVELS.indexOf('warn') + 1));

export class LogStore implements EntrySource {
  readonly #capacity: number;
  readonly #maxBytes: number;
  readonly #ring: LogEntry[] = [];
  readonly #counts = Object.fromEntries(LOG_LEVELS.map((level) => [level, 0])) as Record<LogLevel, number>;
  readonly #indexes = new Map<string, FilterIndex>();
  readonly #problems: LogEntry[] = [];
  /** The newest of them as they were given last; null when there are newer ones. */
  #shownProblems: LogEntry[] | null = null;
  #recent: number[] = [];
  #searched = 0;
  #first = 1;
  #last = 0;
  #bytes = 0;

  constructor(options: LogStoreOptions = {}) {
    this.#capacity = options.capacity ?? 100_000;
    this.#maxBytes = options.maxBytes ?? 96 * 1024 * 1024;
    this.#first = options.from ?? 1;
    this.#last = this.#first - 1;
  }

  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#last;
  }

  /** Approximate bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The entry with this number, which must lie between `first` and `last`. */
  at(seq: number): LogEntry {
    return this.#ring[(seq - 1) % this.#capacity]!;
  }

  /**
   * Keeps an entry (it is the store's from now on) and gives it back with its number. When it repeats the one before, that one comes back instead, with its old number and
   * a higher count in `repeated`.
   */
  add(entry: LogEntry): LogEntry {
    const before = this.#last >= this.#first ? this.at(this.#last) : null;
    if (before && repeats(before, entry)) {
      const again = {...before, at: entry.at, repeated: (before.repeated ?? 1) + 1};
      this.#put(this.#last, again);
      return again;
    }
    const kept = bounded(entry);
    kept.seq = ++this.#last;
    if (this.#last - this.#first >= this.#capacity) this.#dropOldest();
    this.#put(this.#last, kept);
    this.#bytes += sizeOf(kept);
    while (this.#bytes > this.#maxBytes && this.#first < this.#last) this.#dropOldest();
    this.#counts[kept.level]++;
    return kept;
  }

  /** The answer to a `log` query. Never throws: what is wrong with the filter is in `error`. */
  window(query: LogQuery): LogWindow {
    const limit = Math.max(0, Math.min(MOST, Math.floor(query.limit) || 0));
    const ends = {first: this.#first, last: this.#last};
    const refused = (error: string): LogWindow => ({entries: [], older: false, newer: false, ...ends, error});
    const where = query.after === undefined ? {before: query.before ?? this.#last + 1} : {after: query.after};
    const index = this.#indexFor(query.filter);
    if (index !== null && !(index instanceof FilterIndex)) return refused(index.error);
    const found = index ? index.range(where, limit) : this.#plainRange(where, limit);
    if (index?.error) return refused(index.error);
    return {entries: found.seqs.map((seq) => this.at(seq)), older: found.older, newer: found.newer, ...ends};
  }

  /** Counters and the newest entries, for the small state. */
  head(): LogHead {
    const recent = this.#newest().map((seq) => this.at(seq));
    this.#shownProblems ??= this.#problems.slice(-KEEP.problems);
    return {last: this.#last, dropped: this.#first - 1, counts: {...this.#counts}, problems: this.#shownProblems, recent};
  }

  /** Numbers of the newest entries that are no chatter: looked for only among those that came since the last question. */
  #newest(): number[] {
    const found: number[] = [];
    for (let seq = this.#last; seq > this.#searched && seq >= this.#first && found.length < KEEP.recent; seq--) {
      if (!isChatter(this.at(seq))) found.unshift(seq);
    }
    this.#searched = this.#last;
    this.#recent = [...this.#recent, ...found].slice(-KEEP.recent).filter((seq) => seq >= this.#first);
    return this.#recent;
  }

  #put(seq: number, entry: LogEntry): void {
    this.#ring[(seq - 1) % this.#capacity] = entry;
    if (URGENT.has(entry.level)) {
      // What an application prints is urgent to Apache: thousands a second. They are cut to the newest only now and then, and when asked for.
      if (this.#problems.at(-1)?.seq === seq) this.#problems.pop();
      this.#problems.push(entry);
      if (this.#problems.length >= 4 * KEEP.problems) this.#problems.splice(0, this.#problems.length - KEEP.problems);
      this.#shownProblems = null;
    }
  }

  #dropOldest(): void {
    const slot = (this.#first - 1) % this.#capacity;
    this.#bytes -= sizeOf(this.#ring[slot]!);
    this.#ring[slot] = GONE;
    this.#first++;
  }

  #plainRange(where: {before: number} | {after: number}, limit: number): {seqs: number[]; older: boolean; newer: boolean} {
    let start: number;
    let end: number;
    if ('before' in where) {
      end = clamp(where.before, this.#first, this.#last + 1);
      start = Math.max(this.#first, end - limit);
    } else {
      start = clamp(where.after + 1, this.#first, this.#last + 1);
      end = Math.min(this.#last + 1, start + limit);
    }
    const seqs: number[] = [];
    for (let seq = start; seq < end; seq++) seqs.push(seq);
    return {seqs, older: start > this.#first, newer: end <= this.#last};
  }

  /** Null when the filter lets everything through. */
  #indexFor(filter: LogFilter): FilterIndex | {error: string} | null {
    const {text = '', level = '', pid = '', sources = [], quiet = false} = filter;
    const key = JSON.stringify([text, level, pid, sources.toSorted(), quiet]);
    const known = this.#indexes.get(key);
    if (known) {
      // The one used last goes to the end; the one at the front is the first to be forgotten.
      this.#indexes.delete(key);
      this.#indexes.set(key, known);
      return known;
    }
    const compiled = compileFilter(filter);
    if ('error' in compiled) return compiled;
    if (compiled.everything) return null;
    const index = new FilterIndex(compiled, this);
    this.#indexes.set(key, index);
    if (this.#indexes.size > KEPT_FILTERS) this.#indexes.delete(this.#indexes.keys().next().value!);
    return index;
  }
}

const GONE: LogEntry = {seq: 0, at: 0, source: 'deck', level: 'trace', text: ''};

/** Only what is certain to say nothing new: same words of the same process, for the same request, nothing folded. */
function repeats(a: LogEntry, b: LogEntry): boolean {
  return (
    a.text === b.text &&
    a.pid === b.pid &&
    a.level === b.level &&
    a.source === b.source &&
    b.source !== 'access' &&
    a.requestId === b.requestId &&
    a.more === undefined &&
    b.more === undefined &&
    a.cut === undefined &&
    b.cut === undefined &&
    b.text !== ''
  );
}

/** The entry itself, or a shortened copy. */
function bounded(entry: LogEntry): LogEntry {
  if (entry.text.length <= LONGEST_TEXT && !entry.more) return entry;
  const kept = {...entry};
  let cut = 0;
  if (kept.text.length > LONGEST_TEXT) {
    cut += Buffer.byteLength(kept.text) - LONGEST_TEXT;
    kept.text = own(kept.text.slice(0, LONGEST_TEXT));
  }
  if (kept.more) {
    const more: string[] = [];
    let room = LONGEST_FOLD;
    for (const line of kept.more) {
      const most = Math.min(LONGEST_TEXT, room);
      if (line.length > most) cut += line.length - most;
      if (most === 0 && line.length > 0) continue;
      more.push(line.length > most ? own(line.slice(0, most)) : line);
      room = Math.max(0, room - line.length - 1);
    }
    kept.more = more;
  }
  if (cut > 0) kept.cut = (kept.cut ?? 0) + cut;
  return kept;
}

function sizeOf(entry: LogEntry): number {
  let size = ENTRY_BYTES + entry.text.length;
  if (entry.more) for (const line of entry.more) size += line.length + 32;
  if (entry.access) size += entry.access.url.length + 60;
  return size;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

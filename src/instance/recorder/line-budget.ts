import {LOG_LEVELS, type LogEntry, type LogLevel} from '../../model/log.ts';
import type {LeftOut} from './record-line.ts';

/** Entries recorded of any kind, and of warn or worse, in one interval: about 3,300 a second. */
const MOST = 3000;
const MOST_URGENT = 5000;
const URGENT = new Set<LogLevel>(LOG_LEVELS.slice(0, LOG_LEVELS.indexOf('warn') + 1));

/** How many log entries a recording takes in an interval (a second, nearly): what goes beyond is counted, not kept. What is urgent has more room. */
export class LineBudget {
  #taken = 0;
  #left: LeftOut = {lines: 0, counts: {}};

  takes(entry: LogEntry): boolean {
    // What an application prints is `error` to Apache, whatever it says.
    const urgent = entry.kind !== undefined || (entry.source !== 'app' && URGENT.has(entry.level));
    if (this.#taken < (urgent ? MOST_URGENT : MOST)) {
      this.#taken++;
      return true;
    }
    this.#left.lines++;
    this.#left.counts[entry.level] = (this.#left.counts[entry.level] ?? 0) + 1;
    return false;
  }

  /** Begins the next interval; says what the last one has left out, null for nothing. */
  next(): LeftOut | null {
    const left = this.#left;
    this.#taken = 0;
    if (left.lines === 0) return null;
    this.#left = {lines: 0, counts: {}};
    return left;
  }
}

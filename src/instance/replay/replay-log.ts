import type {LogWindow} from '../../model/commands.ts';
import {isChatter, LOG_LEVELS, type LogEntry, type LogLevel} from '../../model/log.ts';
import {KEEP, type LogHead} from '../../model/state.ts';
import {LogStore, type LogQuery} from '../../sources/logs/log-store.ts';
import type {Keyframe, LeftOut} from '../recorder/record-line.ts';

const URGENT = new Set<LogLevel>(LOG_LEVELS.slice(0, LOG_LEVELS.indexOf('warn') + 1));

/** The log as it was at the moment that is shown: entries numbered as they were live, windows and figures for the screens. */
export class ReplayLog {
  readonly #store: LogStore;
  readonly #before: LogHead;
  readonly #left: Record<LogLevel, number> = Object.fromEntries(LOG_LEVELS.map((level) => [level, 0])) as Record<LogLevel, number>;

  /** @param key the frame before the first entry; @param again does the first entry repeat the one before the frame. */
  constructor(key: Keyframe, again = false) {
    this.#before = key.state.log;
    this.#store = new LogStore({from: Math.max(1, key.logged + (again ? 0 : 1))});
  }

  /** Keeps an entry and gives it back with its number. */
  add(entry: LogEntry): LogEntry {
    return this.#store.add({...entry});
  }

  /** What was not recorded is an entry itself: nobody is to take the log for whole. */
  leftOut({lines, counts}: LeftOut, at: number): LogEntry {
    for (const level of LOG_LEVELS) this.#left[level] += counts[level] ?? 0;
    const text = `${lines} line${lines === 1 ? '' : 's'} came faster than the recording takes them and are not in it`;
    return this.#store.add({seq: 0, at, source: 'deck', level: 'notice', text});
  }

  window(query: LogQuery): LogWindow {
    return this.#store.window(query);
  }

  head(): LogHead {
    const head = this.#store.head();
    const counts = {...head.counts};
    for (const level of LOG_LEVELS) counts[level] += this.#before.counts[level] + this.#left[level];
    // Entries from before the recording are in the frame only.
    const join = (before: LogEntry[], since: LogEntry[], most: number) => [...before, ...since].slice(-most);
    return {
      last: head.last,
      dropped: head.dropped,
      counts,
      problems: join(
        this.#before.problems.filter((one) => URGENT.has(one.level)),
        head.problems,
        KEEP.problems,
      ),
      recent: join(
        this.#before.recent.filter((one) => !isChatter(one)),
        head.recent,
        KEEP.recent,
      ),
    };
  }
}

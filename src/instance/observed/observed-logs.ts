import {statSync} from 'node:fs';
import {userInfo} from 'node:os';
import type {TrafficWindow} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';
import {ErrorLogParser} from '../../sources/logs/error-log-parser.ts';
import {FileFollower} from '../../sources/logs/follower.ts';
import {LogStore} from '../../sources/logs/log-store.ts';
import {TrafficMeter} from '../../sources/logs/traffic.ts';
import type {Bus} from '../bus.ts';
import {OpenFolds} from '../open-folds.ts';
import {accessLineParser, type AccessLineParser} from './log-line.ts';
import {newestRotated} from './newest-rotated.ts';
import type {LogPlace, ServerConfig} from './server-config.ts';
import {isOurs} from './server-status.ts';

type OnLines = (lines: string[], cut: ReadonlyMap<number, number> | null) => void;

export interface ObservedLogsOptions {
  /** Bytes at the end of each log that are read as history. */
  history: number;
  /** Without it only the history is read. */
  follow: boolean;
}

/** All logs of an observed server that are files, in one numbered log. What was in them before is sorted by time; nothing is ever written to them. */
export class ObservedLogs {
  readonly store = new LogStore();
  readonly #bus: Bus;
  readonly #config: ServerConfig;
  readonly #options: ObservedLogsOptions;
  readonly #meaning: (entry: LogEntry) => void;
  readonly #folds = new OpenFolds();
  readonly #followers: FileFollower[] = [];
  /** Logs that rotatelogs writes: a look for a newer file each time. */
  readonly #rotated: (() => void)[] = [];
  /** Those of logs that say how long a request took, and the others: a percentile of zeros is none. */
  readonly #timed = new TrafficMeter();
  readonly #untimed = new TrafficMeter();
  /** Until all history is read: entries of several files, to be put in order. */
  #history: LogEntry[] | null = [];
  /** Is there an access log that can be counted. */
  counted = false;

  /** @param meaning sees each new entry once, with its number. */
  constructor(bus: Bus, config: ServerConfig, options: ObservedLogsOptions, meaning: (entry: LogEntry) => void) {
    this.#bus = bus;
    this.#config = config;
    this.#options = options;
    this.#meaning = meaning;
    bus.keepLogIn(this.store);
  }

  /** Resolves when the history is in the log. */
  async start(): Promise<void> {
    for (const log of this.#config.errorLogs) this.#followErrors(log);
    for (const log of this.#config.accessLogs) this.#followAccess(log);
    await Promise.all(this.#followers.map((one) => (this.#options.follow ? one.start() : one.look())));
    this.#folds.end();
    const history = this.#history ?? [];
    this.#history = null;
    for (const entry of history.toSorted((a, b) => a.at - b.at)) this.#add(entry);
  }

  /** Reads what has been written until now, then ends. */
  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((one) => one.stop()));
    this.#folds.stop();
  }

  /** An entry of our own. */
  note(entry: LogEntry): void {
    const kept = this.store.add(entry);
    this.#bus.put({type: 'log', at: kept.at, entry: kept});
  }

  /** Finished requests since the last call; null where no access log can be read. */
  traffic(): TrafficWindow | null {
    if (this.#options.follow) for (const look of this.#rotated) look();
    const timed = this.#timed.take();
    const untimed = this.#untimed.take();
    if (!this.counted) return null;
    const some = timed.requests > 0 || timed.p50 !== null;
    return {
      ...timed,
      requests: timed.requests + untimed.requests,
      errors5xx: timed.errors5xx + untimed.errors5xx,
      errors4xx: timed.errors4xx + untimed.errors4xx,
      ...(some ? {} : {p50: null, p95: null, p99: null}),
    };
  }

  #followErrors(log: LogPlace): void {
    const parser = new ErrorLogParser((entry) => this.#take(entry));
    this.#folds.add(parser);
    this.#open(log, 'error log', (lines, cut) => {
      lines.forEach((line, index) => parser.push(line, cut?.get(index)));
      this.#folds.later();
    });
  }

  #followAccess(log: ServerConfig['accessLogs'][number]): void {
    const parser = accessLineParser(log.format);
    if (parser === null)
      return this.#notice(log.target, `the access log ${log.target} has a format without request and status: it is not shown`);
    this.#open(log, 'access log', (lines) => {
      for (const line of lines) this.#access(line, parser);
    });
  }

  #access(line: string, parser: AccessLineParser): void {
    const entry = parser.parse(line);
    if (!entry?.access) return;
    if (this.#config.status !== null && isOurs(entry.access.url, this.#config.status.path)) return;
    if (this.#history === null) (parser.timed ? this.#timed : this.#untimed).add(entry);
    this.#take(entry);
  }

  #open(log: LogPlace, what: string, onLines: OnLines): void {
    let path = this.#readable(log, what);
    if (path === null) return;
    this.#follow(path, what, onLines, this.#options.history);
    if (log.kind !== 'pipe') return;
    this.#rotated.push(() => {
      const newest = newestRotated(log.target);
      if (newest === null || newest === path) return;
      path = newest;
      void this.#follow(newest, what, onLines, Number.MAX_SAFE_INTEGER).start();
    });
  }

  #follow(path: string, what: string, onLines: OnLines, history: number): FileFollower {
    const from = Math.max(0, sizeOf(path) - history);
    let partial = from > 0;
    const follower = new FileFollower(path, {
      from,
      ...(this.#options.follow ? {} : {intervalMs: 0}),
      onLines: (lines, cut) => {
        // The history begins somewhere within a line.
        const whole = partial ? lines.slice(1) : lines;
        partial = false;
        if (what === 'access log') this.counted = true;
        onLines(whole, whole === lines ? cut : null);
      },
      onSkipped: (bytes) => this.#notice(path, `${Math.round(bytes / 1024)} KiB of ${path} were written faster than they could be read`),
      onProblem: (problem) => this.#trouble(path, what, problem),
    });
    this.#followers.push(follower);
    return follower;
  }

  /** The file that a log is in; null after saying why there is none. */
  #readable(log: LogPlace, what: string): string | null {
    if (log.kind === 'file') {
      if (what === 'access log') this.counted = true;
      return log.target;
    }
    const rotated = log.kind === 'pipe' ? newestRotated(log.target) : null;
    if (rotated !== null) return rotated;
    const text =
      log.kind === 'pipe'
        ? `the ${what} goes through a pipe to "${log.target.slice(0, 60)}": it cannot be followed from here`
        : `the ${what} goes to ${log.target}: it is no file and cannot be followed from here`;
    this.#notice(`${what} ${log.target}`, text);
    return null;
  }

  #trouble(path: string, what: string, problem: string): void {
    if (what === 'access log') this.counted = false;
    const denied = /EACCES|EPERM/.test(problem);
    const text = denied ? `the ${what} ${path} may not be read by ${userInfo().username}` : `the ${what} is not shown: ${problem}`;
    this.#notice(path, text, denied ? 'attach with sudo, or join the group that may read it' : undefined);
  }

  #notice(key: string, text: string, remedy?: string): void {
    this.#bus.put({type: 'notice', key: `log ${key}`.slice(0, 200), severity: 'warn', text, ...(remedy ? {remedy} : {})});
  }

  #take(entry: LogEntry): void {
    if (this.#history) this.#history.push(entry);
    else this.#add(entry);
  }

  #add(entry: LogEntry): void {
    const kept = this.store.add(entry);
    this.#bus.put({type: 'log', at: kept.at, entry: kept});
    if (kept.repeated === undefined) this.#meaning(kept);
  }
}

/** 0 for a file that is not there or may not be known of. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

import type {LogEntry} from '../model/log.ts';
import {parseDeckAccessLine} from '../sources/logs/access-log-parser.ts';
import {ErrorLogParser} from '../sources/logs/error-log-parser.ts';
import {FileFollower, type FollowerOptions} from '../sources/logs/follower.ts';
import {LogStore} from '../sources/logs/log-store.ts';
import {TrafficMeter} from '../sources/logs/traffic.ts';
import type {Bus} from './bus.ts';
import type {InstancePlan} from './instance-plan.ts';
import {OpenFolds} from './open-folds.ts';

/** Our private access log is cut back to nothing when it has been read and is larger than this, in bytes. */
const CUT_ABOVE = 16 * 1024 * 1024;
/** Milliseconds between two traffic windows. */
const TRAFFIC_EVERY = 1000;

/** Error log, access log and the logs that services have of their own, followed from their files, in one numbered log. */
export class LogWatch {
  readonly store = new LogStore();
  readonly #bus: Bus;
  readonly #meaning: (entry: LogEntry) => void;
  readonly #traffic = new TrafficMeter();
  readonly #startup: ErrorLogParser;
  readonly #folds = new OpenFolds();
  readonly #errorLogs: FileFollower[];
  readonly #accessLog: FileFollower;
  #traffics: NodeJS.Timeout | undefined;

  /** @param meaning sees each new entry once, with its number. */
  constructor(bus: Bus, plan: InstancePlan, meaning: (entry: LogEntry) => void) {
    this.#bus = bus;
    bus.keepLogIn(this.store);
    this.#meaning = meaning;
    this.#startup = new ErrorLogParser((entry) => this.#add(entry), {rawSource: 'startup'});
    this.#folds.add(this.#startup);
    const services = plan.serviceLogs ?? [];
    this.#errorLogs = [
      this.#follow(plan.errorLog, 'error log', plan.errorLogFrom),
      ...services.map(({name, path, from}) => this.#follow(path, `log of the service ${name}`, from)),
    ];
    this.#accessLog = new FileFollower(plan.accessLog, {
      ...this.#troubles('access log'),
      from: plan.accessLogFrom,
      onLines: (lines) => this.#accessLines(lines),
    });
  }

  async start(): Promise<void> {
    this.#traffics = setInterval(() => this.#window(), TRAFFIC_EVERY);
    await Promise.all([...this.#errorLogs, this.#accessLog].map((log) => log.start()));
  }

  /** Reads what has been written until now, then ends. */
  async stop(): Promise<void> {
    clearInterval(this.#traffics);
    await Promise.all([...this.#errorLogs, this.#accessLog].map((log) => log.stop()));
    this.#folds.stop();
  }

  /** A line that Apache printed on its pty. */
  startupLine(line: string): void {
    this.#startup.push(line);
    this.#folds.later();
  }

  #follow(path: string, name: string, from: number): FileFollower {
    const parser = new ErrorLogParser((entry) => this.#add(entry));
    this.#folds.add(parser);
    return new FileFollower(path, {
      ...this.#troubles(name),
      from,
      onLines: (lines, cut) => {
        lines.forEach((line, index) => parser.push(line, cut?.get(index)));
        this.#folds.later();
      },
    });
  }

  /** An entry of our own: kept and told like the others, but it has no further meaning. */
  note(entry: LogEntry): void {
    const kept = this.store.add(entry);
    this.#bus.put({type: 'log', at: kept.at, entry: kept});
  }

  /** What keeps us from reading a log is said on the screen, not guessed from its silence. */
  #troubles(name: string): Pick<FollowerOptions, 'onSkipped' | 'onProblem'> {
    const notice = (text: string) => this.#bus.put({type: 'notice', key: `follow ${name}`, severity: 'warn', text});
    return {
      onSkipped: (bytes) =>
        notice(`${Math.round(bytes / 1024)} KiB of the ${name} were written faster than they could be read; they are in the file only`),
      onProblem: (problem) => notice(`the ${name} cannot be read: ${problem}`),
    };
  }

  #accessLines(lines: readonly string[]): void {
    for (const line of lines) {
      const entry = parseDeckAccessLine(line);
      if (!entry) continue;
      this.#traffic.add(entry);
      this.#add(entry);
    }
  }

  #add(entry: LogEntry): void {
    const kept = this.store.add(entry);
    this.#bus.put({type: 'log', at: kept.at, entry: kept});
    if (kept.repeated === undefined) this.#meaning(kept);
  }

  #window(): void {
    this.#bus.put({type: 'traffic', window: this.#traffic.take()});
    void this.#accessLog.truncateAbove(CUT_ABOVE);
  }
}

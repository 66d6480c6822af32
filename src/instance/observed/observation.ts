import type {CommandResult, LogFilter, LogWindow} from '../../model/commands.ts';
import type {LogEntry} from '../../model/log.ts';
import {selectStopped, stoppedLine} from '../../model/select-stopped.ts';
import type {StackCapture} from '../../model/stacks.ts';
import {parseStackDump} from '../../sources/logs/stack-dump-parser.ts';
import {readProcess, startedAt} from '../../sources/processes/proc-stat.ts';
import {takeStacksOf} from '../../sources/stacks/ladder.ts';
import type {Bus} from '../bus.ts';
import {keepDeckLog} from '../deck-log.ts';
import {ProcessWatch} from '../process-watch.ts';
import {userOf} from '../instances/our-instance.ts';
import {sendSignal, whyNot, type Target} from './apache-control.ts';
import {DaemonRows} from './daemon-rows.ts';
import {newParent, type Former} from './new-parent.ts';
import {ObservedLogs, type ObservedLogsOptions} from './observed-logs.ts';
import {RestartNotes} from './restart-notes.ts';
import type {ServerConfig} from './server-config.ts';
import {StatusWatch} from './status-watch.ts';

const OBSERVED = 'observed: not started by wsgideck';
const EVERY = 1000;
/** Milliseconds between two questions to mod_status while somebody looks. */
const STATUS_EVERY = 2000;
/** How long an Apache that ended by itself may take to come back (a restart by the service manager), in milliseconds. */
const COMES_BACK = 60_000;
/** How long a restart may take until it is given up waiting for. */
const RESTARTS_WITHIN = 30_000;

export interface ObservationOptions extends ObservedLogsOptions {
  /** Reads the configuration again, as after a restart. */
  reread: () => ServerConfig;
  describe: (config: ServerConfig) => void;
}

/** Everything that can be seen of a server that is not ours, and the signals that it takes. */
export class Observation {
  readonly #bus: Bus;
  readonly #options: ObservationOptions;
  readonly #logs: ObservedLogs;
  readonly #processes: ProcessWatch;
  readonly #restarts: RestartNotes;
  readonly #finished = Promise.withResolvers<string>();
  #config: ServerConfig;
  #rows: DaemonRows;
  #status: StatusWatch;
  #apache: Target;
  #former: Former;
  #watched = false;
  #statusAt = 0;
  #lastAccesses: number | null = null;
  #stopping = false;
  #ended = false;
  #goneAt = 0;
  #captures = 0;
  #timer: NodeJS.Timeout | undefined;
  #unlog: (() => void) | undefined;
  #unstop: (() => void) | undefined;
  /** What is told of stopped processes. */
  #halt: string | null = null;

  constructor(bus: Bus, apachePid: number, config: ServerConfig, options: ObservationOptions) {
    const stat = readProcess(apachePid);
    if (!stat) throw new Error(`Apache (pid ${apachePid}) is not there any more`);
    this.#bus = bus;
    this.#options = options;
    this.#config = config;
    this.#former = {stat, user: userOf(apachePid)};
    this.#apache = {pid: apachePid, startTicks: stat.startTicks, what: 'Apache'};
    this.#rows = new DaemonRows(config.groups);
    this.#status = new StatusWatch(bus, config);
    this.#restarts = new RestartNotes(bus, startedAt(stat.startTicks), !config.tellsReasons);
    this.#logs = new ObservedLogs(bus, config, options, (entry) => this.#entry(entry));
    this.#processes = new ProcessWatch(
      bus,
      () => ({guard: null, apache: this.#apache.pid, dashboard: null}),
      (pid) => this.#restarts.gone(pid, this.#bus.state().processes.find((row) => row.pid === pid)?.label ?? ''),
      (rows) => this.#rows.refine(rows, this.#apache.pid),
    );
  }

  /** Settles, with the reason, when the server is gone for good. */
  get finished(): Promise<string> {
    return this.#finished.promise;
  }

  async start(): Promise<void> {
    this.#processes.start();
    while (this.#processes.unsure) await new Promise((resolve) => setTimeout(resolve, 50));
    this.#launched();
    this.#unstop = this.#bus.listen(({type}) => {
      if (type === 'processes') this.#stops();
    });
    this.#unlog = keepDeckLog(this.#bus, (entry) => this.#logs.note(entry));
    const refused = whyNot(this.#apache);
    if (refused !== null)
      this.#bus.put({type: 'notice', key: 'rights', severity: 'info', text: refused, remedy: 'attach as that user or with sudo'});
    await this.#logs.start();
    await this.#status.look();
    if (this.#rows.guessed)
      this.#bus.put({
        type: 'notice',
        key: 'guessed',
        severity: 'info',
        text: 'which child is a daemon of which group is told by its threads: only its owner may look closer',
        remedy: 'attach with sudo, or give WSGIDaemonProcess display-name=%{GROUP}',
      });
    this.#timer = setInterval(() => this.#tick(), EVERY);
  }

  async stopWatching(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#unlog?.();
    this.#unstop?.();
    this.#processes.stop();
    this.#restarts.stop();
    await this.#logs.stop();
  }

  /** Does somebody look: only then mod_status is asked again and again, as each question is a request that the server counts. */
  setWatched(watched: boolean): void {
    this.#watched = watched;
    if (!watched) this.#status.forget();
  }

  window(query: {filter: LogFilter; before?: number | null; after?: number; limit: number}): LogWindow {
    return this.#logs.store.window(query);
  }

  /** Stacks of one process that runs Python, or of all, from outside. */
  async takeStacks(pid?: number): Promise<StackCapture[]> {
    const rows = this.#bus.state().processes.filter((row) => this.#runsPython(row.role) && (pid === undefined || row.pid === pid));
    const living = rows.filter((row) => this.#processes.isOurs(row.pid));
    return Promise.all(
      living.map((row) => takeStacksOf({pid: row.pid, id: ++this.#captures, processGroup: row.label, title: `${row.label} ${row.pid}`})),
    );
  }

  /** TERM cuts, WINCH lets requests finish: Apache's own two ways to stop. */
  stop(now: boolean): CommandResult {
    const words = now ? 'Apache is told to stop now; requests in flight are cut' : 'Apache is told to stop when its requests have finished';
    const result = sendSignal(this.#apache, now ? 'SIGTERM' : 'SIGWINCH', words);
    if (!result.ok) return result;
    this.#stopping = true;
    this.#bus.put({type: 'phase', phase: 'stopping', detail: 'asked for from here'});
    return result;
  }

  restart(graceful: boolean): CommandResult {
    const result = sendSignal(this.#apache, graceful ? 'SIGUSR1' : 'SIGHUP', `Apache restarts${graceful ? ' gracefully' : ''}`);
    if (result.ok) void this.#untilRenewed(`Apache restarts${graceful ? ' gracefully' : ''}`);
    return result;
  }

  /** Every daemon finishes its requests and is replaced by one that loads the code anew. */
  reload(): CommandResult {
    const daemons = this.#daemons();
    if (daemons.length === 0) return {ok: false, text: 'no daemon process to replace: embedded code is loaded anew by a graceful restart'};
    const results = daemons.map(({pid}) => this.recycle(pid));
    const failed = results.find((one) => !one.ok);
    if (failed) return failed;
    void this.#untilRenewed('daemon processes are replaced');
    const [only, ...others] = daemons;
    const who = others.length === 0 ? `daemon ${only?.pid} finishes its` : `${daemons.length} daemon processes finish their`;
    return {ok: true, text: `${who} requests and ${others.length === 0 ? 'is' : 'are'} replaced`};
  }

  recycle(pid: number): CommandResult {
    const target = this.#target(pid);
    if (target === null || !['daemon', 'service'].includes(target.what))
      return {ok: false, text: `process ${pid} is no daemon process of this server (any more)`};
    const result = sendSignal(target, 'SIGUSR1', `daemon ${pid} finishes its requests and is replaced`);
    if (result.ok) this.#restarts.asked(pid, 'graceful', 'replaced, as asked for from here');
    return result;
  }

  signal(pid: number, signal: NodeJS.Signals): CommandResult {
    const target = this.#target(pid);
    if (target === null) return {ok: false, text: `process ${pid} is not part of this server (any more)`};
    const result = sendSignal(target, signal);
    if (result.ok && target.what === 'daemon') this.#restarts.asked(pid, 'killed', `${signal}, sent from here`);
    return result;
  }

  #launched(): void {
    this.#bus.put({type: 'launched', guardPid: 0, apachePid: this.#apache.pid, at: startedAt(this.#apache.startTicks)});
    this.#serves(OBSERVED);
  }

  /** Ready, unless processes are stopped. */
  #serves(detail: string): void {
    const stopped = selectStopped(this.#bus.state().processes);
    this.#halt = stopped && stoppedLine(stopped);
    this.#bus.put({type: 'phase', phase: stopped ? 'degraded' : 'ready', detail: this.#halt ?? detail});
  }

  #stops(): void {
    const {lifecycle, processes} = this.#bus.state();
    const stopped = selectStopped(processes);
    if ((stopped && stoppedLine(stopped)) === this.#halt) return;
    if (lifecycle.phase === 'ready' || lifecycle.detail === this.#halt) this.#serves(OBSERVED);
  }

  #tick(): void {
    const window = this.#logs.traffic() ?? this.#counted();
    if (window) this.#bus.put({type: 'traffic', window});
    const parent = readProcess(this.#apache.pid);
    if (parent?.startTicks !== this.#apache.startTicks || parent.state === 'Z') return this.#lost();
    if (this.#watched && Date.now() - this.#statusAt >= STATUS_EVERY) {
      this.#statusAt = Date.now();
      void this.#status.look();
    }
  }

  /** Without an access log: finished requests as mod_status counts them. */
  #counted() {
    const accesses = this.#status.last?.accesses ?? null;
    if (accesses === null || !this.#watched) return null;
    const before = this.#lastAccesses ?? accesses;
    this.#lastAccesses = accesses;
    // Our own question is one of them.
    const requests = Math.max(0, accesses - before - (accesses === before ? 0 : 1));
    return {at: Date.now(), seconds: EVERY / 1000, requests, errors5xx: 0, errors4xx: 0, p50: null, p95: null, p99: null};
  }

  /** Apache's parent has gone. One that ended by itself may come back under another number. */
  #lost(): void {
    if (this.#goneAt === 0) {
      this.#goneAt = Date.now();
      this.#status.forget();
      if (!this.#stopping) this.#bus.put({type: 'phase', phase: 'degraded', detail: 'Apache has ended; waiting for it to come back'});
    }
    const next = this.#stopping ? null : newParent(this.#config, this.#former);
    if (next !== null) {
      this.#goneAt = 0;
      this.#former = {stat: next, user: this.#former.user};
      this.#apache = {pid: next.pid, startTicks: next.startTicks, what: 'Apache'};
      this.#renew();
      return this.#launched();
    }
    if (!this.#stopping && Date.now() - this.#goneAt < COMES_BACK) return;
    clearInterval(this.#timer);
    const reason = this.#stopping ? 'Apache has stopped, as asked' : 'Apache has ended and has not come back';
    this.#bus.put({type: 'phase', phase: 'stopped', detail: reason});
    this.#finished.resolve(reason);
  }

  /** The configuration may be another one after a restart. */
  #renew(): void {
    this.#config = this.#options.reread();
    this.#rows = new DaemonRows(this.#config.groups);
    this.#status.forget();
    this.#status = new StatusWatch(this.#bus, this.#config);
    this.#options.describe(this.#config);
  }

  /** Until every daemon (without any: every child) that is there now has been replaced. */
  async #untilRenewed(detail: string): Promise<void> {
    const before = this.#workers();
    this.#bus.put({type: 'phase', phase: 'reloading', detail});
    const end = Date.now() + RESTARTS_WITHIN;
    // A command that has sent the signal does not wait for what comes of it.
    const over = () => this.#ended || Date.now() > end || this.#goneAt > 0;
    const renewed = () => {
      const now = this.#workers();
      return now.size > 0 && ![...before].some((pid) => now.has(pid));
    };
    while (!renewed() && !over()) await new Promise((resolve) => setTimeout(resolve, 200));
    if (this.#ended || this.#goneAt > 0 || this.#stopping) return;
    this.#serves(renewed() ? OBSERVED : 'some processes from before still finish their requests');
  }

  #workers(): Set<number> {
    const {processes} = this.#bus.state();
    const daemons = processes.filter((row) => row.role === 'daemon');
    return new Set((daemons.length > 0 ? daemons : processes.filter((row) => row.role === 'child')).map((row) => row.pid));
  }

  #daemons() {
    return this.#bus.state().processes.filter((row) => row.role === 'daemon');
  }

  #runsPython(role: string): boolean {
    return (
      role === 'daemon' || role === 'service' || (role === 'child' && !this.#config.groups.some((one) => !one.name.startsWith('service:')))
    );
  }

  #target(pid: number): Target | null {
    const row = this.#bus.state().processes.find((one) => one.pid === pid);
    const stat = readProcess(pid);
    if (!row || !stat || !this.#processes.isOurs(pid)) return null;
    return {pid, startTicks: stat.startTicks, what: row.role === 'apache' ? 'Apache' : row.role};
  }

  #entry(entry: LogEntry): void {
    const fresh = entry.at > Date.now() - 10_000;
    if (this.#restarts.entry(entry) && fresh && this.#goneAt === 0) this.#renew();
    if (entry.kind !== 'stack-dump' || entry.pid === undefined) return;
    const capture: StackCapture = {
      id: ++this.#captures,
      at: entry.at,
      pid: entry.pid,
      method: 'mod_wsgi',
      cause: 'request-timeout',
      title: 'dump by mod_wsgi',
      threads: parseStackDump(entry.more ?? []),
    };
    this.#bus.put({type: 'stacks', at: entry.at, capture});
  }
}

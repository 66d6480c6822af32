import type {CommandResult} from '../model/commands.ts';
import type {ExitInfo, Phase} from '../model/events.ts';
import {afterDeath, NO_FAILURES, type Failures} from './back-off.ts';
import type {Bus} from './bus.ts';
import {FirstAnswer} from './first-answer.ts';
import {causeOfEnd} from './guard-exit.ts';
import {Halts} from './halts.ts';
import {untilAnswered, type ProbeTarget} from './probe.ts';
import {Reloads} from './reloads.ts';
import type {RunEnd, Running} from './running.ts';

export interface SupervisorOptions {
  bus: Bus;
  target: ProbeTarget;
  /** Starts another Apache; throws in one line when it cannot. */
  launch: () => Running;
  /** Daemon processes alive now. */
  daemons: () => number[];
  /** True while the process is the one it was when it was listed. */
  alive: (pid: number) => boolean;
  /** Seconds a daemon may take to stop. */
  shutdownTimeout: number;
  /** Daemons finish their requests (up to so many seconds) when code is reloaded. */
  reloadGracefully?: number;
  /** Reload by swap: new code is loaded beside the old. */
  swap?: {
    request(files: string[]): CommandResult;
    /** Apache is about to stop, or to restart: then its daemons come again. */
    release(again: boolean): void;
    /** This process is about to be signalled. */
    letGo(pid: number): void;
  };
  /** With somebody at a screen a failed server waits for them; otherwise the supervisor ends. */
  attended: () => boolean;
  /** Why Apache could not start with what there is now, in one line; null when nothing is known to stand in its way. */
  obstacle?: () => string | null;
  /**
   * Debug mode: Apache is one process that knows neither restart nor graceful stop, and that somebody may end by Ctrl-C on its terminal.
   */
  single?: {
    /** Ends what keeps its only worker thread from ending: a debugger's prompt. */
    letGo(): void;
  };
}

/** How long new code is given to answer for the first time, in milliseconds: only its status is wanted. */
const SOON = 10_000;
/** Seconds that an immediate stop may take beyond the shutdown timeout. */
const LAST = 3;
/** Milliseconds between two reports on a graceful stop. */
const DRAIN_EVERY = 250;

/**
 * The life of one instance: starting, ready, degraded, reloading, stopping, stopped, failed. It alone decides when Apache is started, stopped or
 * started again; everything it decides is an event on the bus.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #reloads: Reloads;
  readonly #answer: FirstAnswer;
  readonly #halts: Halts;
  readonly finished: Promise<ExitInfo>;
  #finish: (exit: ExitInfo) => void = () => {};
  #running: Running | null = null;
  #launchedAt = 0;
  #answered = false;
  #everAnswered = false;
  #stopping: 'no' | 'graceful' | 'now' | 'kill' = 'no';
  /** Why Apache is being ended in order to be started again. */
  #renewing: string | null = null;
  #failures: Failures = NO_FAILURES;
  #probing: AbortController | null = null;
  #retry: NodeJS.Timeout | undefined;
  #drain: NodeJS.Timeout | undefined;
  #kill: NodeJS.Timeout | undefined;
  #lastExit: ExitInfo = {code: 1, signal: null};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.#answer = new FirstAnswer(options.bus, options.target.path, () => this.#say());
    this.#reloads = new Reloads({
      ...options,
      begin: (detail) => {
        this.#answer.await();
        this.#phase('reloading', detail);
      },
      end: (status) => this.#settle(status),
    });
    this.#halts = new Halts({
      bus: options.bus,
      active: () => this.#stopping === 'no' && this.#running !== null,
      phase: (phase, detail) => this.#phase(phase, detail),
      say: () => this.#say(),
      reload: (files) => void this.reload(files),
    });
    options.bus.listen((event) => {
      if (event.type === 'agent') this.#health();
    });
  }

  /** Takes over an Apache that has just been launched. `at` is when, in milliseconds since the epoch. */
  adopt(running: Running, at: number): void {
    this.#running = running;
    this.#launchedAt = at;
    this.#answer.await(at);
    this.#answered = false;
    this.#options.bus.put({type: 'launched', at, guardPid: running.guardPid, apachePid: running.apachePid()});
    this.#phase('starting', 'waiting for the first answer');
    void this.#awaitAnswer(running);
    void running.ended.then((end) => this.#ended(running, end));
  }

  /** A signal sent to the supervisor by a person or a service manager: Apache gets the same one. */
  forward(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR1'): void {
    if (signal === 'SIGINT' || signal === 'SIGTERM') this.stop(true, signal);
    else {
      const restart = () => this.restart(signal === 'SIGUSR1', `${signal} received`);
      if (this.#stopping === 'no' && this.#halts.line() !== null) this.#halts.postpone(restart);
      else restart();
    }
  }

  /** The terminal is gone: requests in flight get the time that a daemon has to stop, then everything goes. */
  hangUp(): void {
    if (this.#stopping === 'now' || this.#stopping === 'kill') return; // the daemons have no more time than that already
    this.stop(false);
    this.#running?.signal('timed-stop');
  }

  /**
   * Stops Apache. Graceful: no new connections, requests in flight finish. Asked again it gets more urgent each time: now, then killed.
   */
  stop(now: boolean, signal?: 'SIGINT' | 'SIGTERM'): CommandResult {
    clearTimeout(this.#retry);
    const running = this.#running;
    if (!running) {
      this.#end(this.#lastExit);
      return {ok: true, text: 'no Apache is running; ending'};
    }
    if (this.#stopping === 'now' && now) this.#stopping = 'kill';
    else if (now) this.#stopping = 'now';
    else if (this.#stopping === 'no') this.#stopping = 'graceful';
    this.#reloads.cancel();
    this.#options.swap?.release(false);
    this.#watchDrain();
    if (this.#stopping === 'kill') {
      running.kill();
      this.#phase('stopping', 'killing what is left');
    } else if (this.#stopping === 'now') {
      this.#endSingle(running, signal ?? 'SIGTERM');
      this.#phase('stopping', 'stopping now; requests in flight are cut; again: kill');
      // The guard sees to it that Apache ends when the daemons had their time. Somebody at a screen need not wait for the guard's own limit if it does not.
      if (signal === undefined) this.#kill ??= setTimeout(() => running.kill(), (this.#options.shutdownTimeout + LAST) * 1000);
    } else if (this.#options.single) {
      this.#endSingle(running, signal ?? 'SIGTERM');
      this.#phase('stopping', 'in debug mode a request in flight is cut');
    } else {
      running.signal('graceful-stop');
      this.#phase('stopping', 'no new connections; waiting for the requests in flight');
    }
    return {ok: true, text: this.#options.bus.state().lifecycle.detail};
  }

  /** Restarts Apache (its parent stays), or starts it again after a failure. */
  restart(graceful: boolean, why: string): CommandResult {
    if (this.#stopping !== 'no') return {ok: false, text: 'the server is stopping'};
    const running = this.#running;
    const obstacle = this.#options.obstacle?.() ?? null;
    if (running && obstacle !== null) {
      const text = `not restarted, because Apache would not come back: ${obstacle}`;
      this.#options.bus.put({type: 'notice', key: 'restart', severity: 'error', text});
      return {ok: false, text};
    }
    if (this.#options.bus.state().notices.some(({key}) => key === 'restart'))
      this.#options.bus.put({type: 'notice', key: 'restart', severity: 'info', text: '', cleared: true});
    if (!running) return this.#again(`${why}: starting Apache again`);
    if (this.#options.single) return this.#renew(running, why);
    const stopped = this.#halts.line();
    if (stopped !== null) return {ok: false, text: `no restart now: ${stopped}`};
    this.#options.swap?.release(true);
    for (const pid of this.#options.daemons()) {
      const text = `Apache ${graceful ? 'graceful restart' : 'restart'}: ${why}`;
      this.#options.bus.put({type: 'restart', pid, cause: 'apache-restart', text, processGroup: this.#group(), source: 'exit'});
    }
    this.#reloads.apacheRestart(graceful, why, () => running.signal(graceful ? 'SIGUSR1' : 'SIGHUP'));
    return {ok: true, text: graceful ? 'graceful restart of Apache' : 'restart of Apache; requests in flight are cut'};
  }

  /** Somebody is about to signal one process: one that waits for its code would hear it too late. */
  aboutToSignal(pid: number): void {
    this.#options.swap?.letGo(pid);
  }

  /** New code answers from now on. */
  async newCode(): Promise<void> {
    this.#answer.await();
    const status = await untilAnswered(this.#options.target, AbortSignal.timeout(SOON));
    if (status !== null && ['ready', 'degraded'].includes(this.#options.bus.state().lifecycle.phase)) this.#settle(status);
  }

  /** New daemon processes with new code. `files` is empty when asked by hand. */
  reload(files: string[]): CommandResult {
    if (this.#stopping !== 'no') return {ok: false, text: 'the server is stopping'};
    if (!this.#running) return this.#again('reload: starting Apache again');
    if (this.#options.single) return this.#renew(this.#running, files.length > 0 ? `${files[0]} changed` : 'reload');
    const stopped = this.#halts.line();
    if (stopped !== null) return this.#halts.refuse(files, stopped);
    // Embedded mode has no daemon processes: only Apache's own restart loads new code.
    if (this.#options.bus.state().info?.processes === 0) return this.restart(true, files.length > 0 ? `${files[0]} changed` : 'reload');
    if (this.#options.swap) return this.#options.swap.request(files);
    this.#reloads.request(files);
    return {ok: true, text: files.length > 0 ? `reloading: ${files[0]}` : 'reloading'};
  }

  /** Nobody is at the screen any more: a server that has failed has nothing left to wait for. */
  unattended(): void {
    if (this.#running === null && this.#options.bus.state().lifecycle.phase === 'failed') this.#finish(this.#lastExit);
  }

  async #awaitAnswer(running: Running): Promise<void> {
    this.#probing?.abort();
    const probing = new AbortController();
    this.#probing = probing;
    const status = await untilAnswered(this.#options.target, probing.signal);
    if (status === null || running !== this.#running) return;
    this.#answered = true;
    this.#everAnswered = true;
    const ms = Date.now() - this.#launchedAt;
    this.#options.bus.put({type: 'launched', guardPid: running.guardPid, apachePid: running.apachePid(), at: this.#launchedAt});
    this.#options.bus.put({type: 'answered', ms, status});
    if (this.#stopping === 'no') this.#settle(status);
  }

  /** After something has been answered with `status`. */
  #settle(status: number): void {
    if (this.#stopping === 'no') this.#answer.take(status);
  }

  /** Ready, or degraded, with what there is to say about the first answer. */
  #say(): void {
    const running = ['starting', 'reloading', 'ready', 'degraded'].includes(this.#options.bus.state().lifecycle.phase);
    if (this.#stopping !== 'no' || this.#running === null || !running) return;
    const stopped = this.#halts.line();
    const {phase, detail} = stopped === null ? this.#answer.says() : {phase: 'degraded' as const, detail: stopped};
    this.#phase(phase, detail);
    this.#health();
  }

  #health(): void {
    const {lifecycle, agents} = this.#options.bus.state();
    const wedged = agents.find((one) => one.state === 'wedged');
    if (wedged && lifecycle.phase === 'ready') this.#phase('degraded', `${WEDGED} ${wedged.pid}`);
    if (!wedged && lifecycle.phase === 'degraded' && lifecycle.detail.startsWith(WEDGED)) this.#say();
  }

  #ended(running: Running, end: RunEnd): void {
    if (running !== this.#running) return;
    this.#running = null;
    this.#answer.await();
    this.#probing?.abort();
    this.#reloads.cancel();
    this.#options.swap?.release(false);
    clearInterval(this.#drain);
    clearTimeout(this.#kill);
    this.#tellOfParent(running, end);
    this.#lastExit = end.exit;
    if (this.#stopping !== 'no') return this.#end(end.exit);
    if (this.#renewing !== null) return void this.#again(`${this.#renewing}: starting Apache again`);
    // A stop by its pid file, by apachectl or by a service manager is a stop, as it is for the original.
    if (end.clean) return this.#end(end.exit, `${end.text}; wsgideck ends with it`);
    if (!this.#everAnswered && !this.#answered) return this.#fail(`Apache did not start: ${end.text}`, end.exit);
    const verdict = afterDeath(this.#failures, Date.now() - this.#launchedAt);
    this.#failures = verdict.failures;
    if (!verdict.again) return this.#fail(`Apache died ${verdict.failures.count} times in a row: ${end.text}`, end.exit);
    const detail = `${end.text}; starting it again, attempt ${verdict.attempt} of ${verdict.attempts}`;
    this.#options.bus.put({
      type: 'phase',
      phase: 'starting',
      detail,
      attempt: verdict.attempt,
      retryAt: Date.now() + verdict.delayMs,
      exit: end.exit,
    });
    this.#retry = setTimeout(() => this.#relaunch(), verdict.delayMs);
  }

  /** Ends Apache and starts it again: new code and a new configuration where nothing else brings them. */
  #renew(running: Running, why: string): CommandResult {
    for (const {pid} of this.#options.bus.state().agents)
      this.#options.bus.put({type: 'restart', pid, cause: 'reload', text: why, processGroup: this.#group(), source: 'exit'});
    if (this.#renewing === null) this.#endSingle(running, 'SIGTERM');
    this.#renewing = why;
    this.#phase('reloading', why);
    return {ok: true, text: `${why}: Apache is ended and started again`};
  }

  /** Outside debug mode nothing but the signal. */
  #endSingle(running: Running, signal: 'SIGINT' | 'SIGTERM'): void {
    running.signal(signal);
    this.#options.single?.letGo();
  }

  /** The death of Apache's parent takes every daemon with it: it is the reason to be read, not theirs. */
  #tellOfParent(running: Running, end: RunEnd): void {
    const pid = running.apachePid() ?? this.#options.bus.state().lifecycle.apachePid;
    if (this.#stopping !== 'no' || end.clean || !this.#answered || pid === null) return;
    const inFlight = this.#options.bus.state().requests;
    const text = `Apache itself: ${end.text}`;
    const cause = causeOfEnd(end.exit);
    this.#options.bus.put({type: 'restart', pid, cause, text, processGroup: 'Apache', inFlight, source: 'exit'});
  }

  #again(detail: string): CommandResult {
    clearTimeout(this.#retry);
    this.#renewing = null;
    this.#failures = NO_FAILURES;
    this.#phase('starting', detail);
    this.#relaunch();
    return {ok: true, text: detail};
  }

  #relaunch(): void {
    try {
      const at = Date.now();
      this.adopt(this.#options.launch(), at);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error), {code: 1, signal: null});
    }
  }

  #fail(detail: string, exit: ExitInfo): void {
    this.#lastExit = exit.code === 0 ? {code: 1, signal: null} : exit;
    this.#options.bus.put({type: 'phase', phase: 'failed', detail, exit});
    if (!this.#everAnswered || !this.#options.attended()) this.#finish(this.#lastExit);
  }

  #end(exit: ExitInfo, detail = ''): void {
    const failed = this.#options.bus.state().lifecycle.phase === 'failed';
    if (!failed) this.#options.bus.put({type: 'phase', phase: 'stopped', detail, exit});
    this.#finish(exit);
  }

  #watchDrain(): void {
    if (this.#drain) return;
    const report = () => {
      const {requests} = this.#options.bus.state();
      const oldest = requests[0];
      const oldestMs = oldest ? Date.now() - oldest.startedAt : null;
      this.#options.bus.put({type: 'drain', inFlight: requests.length, oldestMs, deadline: null});
    };
    report();
    this.#drain = setInterval(report, DRAIN_EVERY);
  }

  #phase(phase: Phase, detail: string): void {
    const {lifecycle} = this.#options.bus.state();
    if (lifecycle.phase !== phase || lifecycle.detail !== detail) this.#options.bus.put({type: 'phase', phase, detail});
  }

  #group(): string {
    return this.#options.bus.state().info?.processGroup ?? '';
  }
}

const WEDGED = 'the Python interpreter is held in daemon process';

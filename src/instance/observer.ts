import type {LogFilter, LogWindow} from '../model/commands.ts';
import type {LogEntry} from '../model/log.ts';
import type {StackCapture} from '../model/stacks.ts';
import {AgentHub, type SlotListener} from '../sources/agent/hub.ts';
import {StacksOnDemand} from '../sources/stacks/on-demand.ts';
import {restartReason} from '../sources/logs/restart-reason.ts';
import {parseStackDump} from '../sources/logs/stack-dump-parser.ts';
import type {Bus} from './bus.ts';
import {EarlyDumps} from './early/early-dumps.ts';
import {keepDeckLog} from './deck-log.ts';
import type {InstancePlan} from './instance-plan.ts';
import {LogWatch} from './log-watch.ts';
import {PhaseWatch} from './phase-watch.ts';
import {stopGrowing} from './memory.ts';
import type {OwnSocket} from './own-places.ts';
import {ProcessWatch, type KnownProcesses} from './process-watch.ts';
import {RequestMemory} from './request-memory.ts';

/** The log tells of an end within a second or two, if ever. In milliseconds. */
const TOLD_WITHIN = 3000;

/** All that is seen of an instance: agents, logs and processes, made into events. */
export class Observer {
  readonly #bus: Bus;
  readonly #processes: ProcessWatch;
  readonly #hub: AgentHub;
  readonly #memory: RequestMemory;
  readonly #logs: LogWatch;
  readonly #phases: PhaseWatch;
  readonly #early: EarlyDumps;
  readonly #stacks: StacksOnDemand;
  #captures = 0;
  /** One for each ended process that nobody has spoken of yet. */
  readonly #silent = new Set<NodeJS.Timeout>();
  /** Processes whose interpreter was held when they were last heard of: the state forgets an agent as soon as its socket closes. */
  readonly #held = new Set<number>();

  /** @param slots what hears of loaded code, with reload by swap. */
  constructor(bus: Bus, plan: InstancePlan, known: () => KnownProcesses, slots: SlotListener | null = null) {
    this.#bus = bus;
    this.#memory = new RequestMemory(bus);
    this.#processes = new ProcessWatch(bus, known, (pid) => this.#gone(pid));
    this.#logs = new LogWatch(bus, plan, (entry) => this.#entry(entry));
    this.#phases = new PhaseWatch(bus, plan.phases ?? null, plan.runUser);
    bus.listen((event) => {
      if (event.type !== 'agent' || event.state === 'gone') return;
      if (event.state === 'wedged') this.#held.add(event.pid);
      else this.#held.delete(event.pid);
    });
    keepDeckLog(bus, (entry) => this.#logs.note(entry));
    this.#hub = new AgentHub({
      socketPath: plan.agentSocket,
      runDirectory: plan.runDirectory,
      instance: plan.info.name,
      roots: [plan.info.projectRoot],
      ...(plan.runUser ? {runUid: plan.runUser.uid, runGid: plan.runUser.gid} : {}),
      isOurs: (pid) => this.#processes.isOurs(pid),
      emit: (event) => bus.publish(event),
      nextCaptureId: () => ++this.#captures,
      ...(plan.phases?.by === 'agent' ? {measured: this.#phases.measured} : {}),
      ...(slots ? {slots} : {}),
    });
    this.#stacks = new StacksOnDemand({
      hub: this.#hub,
      processes: () => this.#pythonProcesses(),
      python: plan.python ?? null,
      nextCaptureId: () => ++this.#captures,
    });
    this.#early = new EarlyDumps({bus, sample: (pid) => this.#hub.sampleStacks(pid)});
    bus.listen((event) => {
      if (event.type !== 'processes') return;
      for (const row of event.rows) if (row.agent === 'absent') void this.#hub.unheard(row.pid);
    });
  }

  async start(): Promise<void> {
    stopGrowing();
    await this.#logs.start();
    // As with the control socket.
    await this.#hub.start().catch(() => {});
    this.#phases.start();
    this.#processes.start();
  }

  async stop(): Promise<void> {
    this.#processes.stop();
    this.#early.stop();
    for (const timer of this.#silent) clearTimeout(timer);
    await this.#logs.stop();
    await Promise.all([this.#hub.close(), this.#phases.stop()]);
  }

  /** The sockets that processes of the server report to. */
  get sockets(): OwnSocket[] {
    return [
      {name: 'the socket of the agents', renew: () => this.#hub.renew()},
      {name: 'the socket of the times by phase', renew: () => this.#phases.renew()},
    ];
  }

  /** A line that Apache printed on its pty. */
  readonly startupLine = (line: string): void => this.#logs.startupLine(line);

  window(query: {filter: LogFilter; before?: number | null; after?: number; limit: number}): LogWindow {
    return this.#logs.store.window(query);
  }

  setCadence(ms: number): void {
    this.#hub.setCadence(ms);
  }

  /** Of one process, or of all that run Python code; each by the best way that answers. */
  takeStacks(pid?: number): Promise<StackCapture[]> {
    return this.#stacks.take(pid);
  }

  /** For a view that asks every second. */
  liveStacks(pid: number): Promise<StackCapture | null> {
    return this.#stacks.live(pid);
  }

  get agents(): Pick<AgentHub, 'interrupt' | 'sampleStacks'> {
    return this.#hub;
  }

  /** Says something to the agent of one process. */
  tell(...words: Parameters<AgentHub['tell']>): void {
    this.#hub.tell(...words);
  }

  /** How often one process is asked what it is at, in milliseconds. */
  pace(pid: number, ms: number): void {
    this.#hub.pace(pid, ms);
  }

  daemons(): number[] {
    return this.#processes.daemons();
  }

  alive(pid: number): boolean {
    return this.#processes.alive(pid);
  }

  isOurs(pid: number): boolean {
    return this.#processes.isOurs(pid);
  }

  #pythonProcesses(): {pid: number; group: string}[] {
    const {processes, info} = this.#bus.state();
    const labels = new Map(processes.map((row) => [row.pid, row.label]));
    const others = processes.filter((row) => row.role === 'service' || (row.role === 'child' && info?.processes === 0));
    const pids = [...this.#processes.daemons(), ...others.map((row) => row.pid).filter((pid) => this.#processes.isOurs(pid))];
    return pids.map((pid) => ({pid, group: labels.get(pid) ?? info?.processGroup ?? ''}));
  }

  /** What a log entry means beyond being a log entry. */
  #entry(entry: LogEntry): void {
    const reason = restartReason(entry);
    if (reason) {
      const {pid, cause, text, processGroup = this.#bus.state().info?.processGroup ?? ''} = reason;
      if (this.#isDaemon(pid, reason.processGroup !== undefined))
        this.#bus.put({type: 'restart', at: entry.at, pid, cause, text, processGroup, source: 'log'});
    }
    // One that dies within its first second is in no reading of /proc: only this tells the hub to look for its last words.
    if (reason?.gone) this.#hub.processExited(reason.pid);
    if (entry.kind === 'stack-dump') this.#dump(entry);
  }

  /** Has every end of a daemon told of, also where a log format of the user's own hides who has said what. */
  #gone(pid: number): void {
    const held = this.#held.delete(pid);
    const processGroup = this.#bus.state().info?.processGroup ?? '';
    this.#hub.processExited(pid);
    const timer = setTimeout(() => {
      this.#silent.delete(timer);
      const {restarts, lifecycle} = this.#bus.state();
      if (restarts.some((one) => one.pid === pid) || !['ready', 'degraded', 'reloading'].includes(lifecycle.phase)) return;
      const text = held ? 'gone while a thread held the interpreter; the log does not say why' : 'gone; the log does not say why';
      this.#bus.put({type: 'restart', pid, cause: 'unknown', text, processGroup, source: 'exit'});
    }, TOLD_WITHIN);
    this.#silent.add(timer);
  }

  /**
   * Apache speaks of its MPM children in the same words; only daemon processes have restarts. One that lived so shortly that nobody has seen it
   * is known by mod_wsgi's naming its group.
   */
  #isDaemon(pid: number, named: boolean): boolean {
    const {processes, agents, restarts} = this.#bus.state();
    const row = processes.find((one) => one.pid === pid);
    if (row) return row.role === 'daemon' || row.role === 'service' || (row.role === 'child' && named);
    return named || agents.some((one) => one.pid === pid) || restarts.some((one) => one.pid === pid);
  }

  #dump(entry: LogEntry): void {
    if (entry.pid === undefined) return;
    const threads = this.#memory.join(entry.pid, parseStackDump(entry.more ?? []), entry.at);
    const oldest = threads.flatMap((one) => one.request ?? []).toSorted((a, b) => a.startedAt - b.startedAt)[0];
    const seconds = oldest ? ((entry.at - oldest.startedAt) / 1000).toFixed(1) : '';
    const title = oldest ? `request timeout: ${oldest.method} ${oldest.url} after ${seconds} s` : 'dump by mod_wsgi';
    const capture: StackCapture = {
      id: ++this.#captures,
      at: entry.at,
      pid: entry.pid,
      method: 'mod_wsgi',
      cause: 'request-timeout',
      title,
      threads,
    };
    this.#bus.put({type: 'stacks', at: entry.at, capture});
  }
}

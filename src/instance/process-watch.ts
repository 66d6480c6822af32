import type {EventType} from '../model/events.ts';
import {readHost} from '../sources/processes/host.ts';
import {isSame} from '../sources/processes/proc-stat.ts';
import {ProcessSampler, type SampledProcess} from '../sources/processes/process-sampler.ts';
import type {Bus} from './bus.ts';
import {StopWatch} from './stop-watch.ts';

/** Milliseconds between two readings of /proc, and of the host's memory. */
const EVERY = 1000;
const HOST_EVERY = 5000;
/** While nothing is served and nothing happens, only every so many of the first are made. */
const QUIET_EVERY = 2;
/** News after which the next reading is not left out. */
const NEWS: ReadonlySet<EventType> = new Set<EventType>([
  'phase',
  'launched',
  'agent',
  'restart',
  'reload',
  'slots',
  'incident',
  'notice',
  'stacks',
]);
/** Apache replaces a daemon within seconds; what ended longer ago is another story, in milliseconds. */
const REPLACED_WITHIN = 60_000;
/** The log tells of an end up to a second after Apache has replaced the process: until then another one may be the predecessor. */
const SETTLED = 4000;

export interface KnownProcesses {
  guard: number | null;
  apache: number | null;
  dashboard: number | null;
}

/** The instance's processes, once a second; every other second while nothing happens. */
export class ProcessWatch {
  readonly #bus: Bus;
  readonly #known: () => KnownProcesses;
  readonly #onGone: (pid: number) => void;
  readonly #refine: (rows: SampledProcess[]) => SampledProcess[];
  readonly #sampler = new ProcessSampler();
  readonly #stops = new StopWatch(() => this.#report());
  #reported = new Set<number>();
  /** Which process each daemon took the place of. */
  readonly #replaced = new Map<number, number>();
  readonly #started = new Map<number, number>();
  #rows: SampledProcess[] = [];
  #timers: NodeJS.Timeout[] = [];
  #unlisten: (() => void) | null = null;
  /** Readings that were left out since the last one. */
  #leftOut = 0;
  #news = true;

  /**
   * @param onGone told of each daemon process that has ended.
   * @param refine knows better what the processes are, and which are the instance's.
   */
  constructor(
    bus: Bus,
    known: () => KnownProcesses,
    onGone: (pid: number) => void,
    refine: (rows: SampledProcess[]) => SampledProcess[] = (rows) => rows,
  ) {
    this.#bus = bus;
    this.#known = known;
    this.#onGone = onGone;
    this.#refine = refine;
  }

  start(): void {
    this.#report();
    void this.#host();
    this.#timers = [setInterval(() => this.#tick(), EVERY), setInterval(() => void this.#host(), HOST_EVERY)];
    this.#unlisten = this.#bus.listen(({type}) => {
      if (NEWS.has(type)) this.#news = true;
    });
  }

  stop(): void {
    this.#unlisten?.();
    this.#stops.close();
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Is a process in sight that may be stopped: the next reading, within a quarter of a second, tells. */
  get unsure(): boolean {
    return this.#stops.unsure;
  }

  /** Daemon processes that run now (service scripts are not among them). */
  daemons(): number[] {
    return this.#read()
      .filter((row) => row.role === 'daemon' && row.state !== 'Z')
      .map((row) => row.pid);
  }

  /** True while the pid belongs to the process that was read last under it. */
  alive(pid: number): boolean {
    const started = this.#started.get(pid);
    return started !== undefined && isSame(pid, started);
  }

  /** True for the instance's own processes as they are now. */
  isOurs(pid: number): boolean {
    return this.#read().some((row) => row.pid === pid);
  }

  #read(): SampledProcess[] {
    const rows = this.#sampler.sample({supervisor: process.pid, ...this.#known(), groups: this.#groups()});
    this.#rows = this.#stops.mark(this.#refine(rows));
    for (const row of this.#rows) this.#started.set(row.pid, row.startTicks);
    if (this.#started.size > 4 * this.#rows.length + 100) {
      const now = new Set(this.#rows.map((row) => row.pid));
      for (const pid of this.#started.keys()) if (!now.has(pid)) this.#started.delete(pid);
    }
    return this.#rows;
  }

  #tick(): void {
    if (!this.#news && this.#leftOut < QUIET_EVERY - 1 && this.#quiet() && !this.#stops.changed(this.#rows)) {
      this.#leftOut++;
      return;
    }
    this.#leftOut = 0;
    this.#news = false;
    this.#report();
  }

  #quiet(): boolean {
    const {lifecycle, requests, traffic, agents, scoreboard} = this.#bus.state();
    return (
      lifecycle.phase === 'ready' &&
      requests.length === 0 &&
      traffic.at(-1)?.requests === 0 &&
      scoreboard === undefined &&
      agents.every((one) => one.state === 'connected')
    );
  }

  #report(): void {
    const {agents, restarts, info} = this.#bus.state();
    const rows = this.#read().map(({startTicks: _, ...row}) => {
      if (row.role !== 'daemon') return row;
      if (!this.#reported.has(row.pid) || Date.now() - row.startedAt < SETTLED) this.#take(row.pid, row.startedAt);
      const agent = agents.find((one) => one.pid === row.pid);
      const before = restarts.find((one) => one.pid === this.#replaced.get(row.pid));
      return {
        ...row,
        // There is none to miss in a server that is not ours.
        ...(info?.foreign
          ? {}
          : {agent: agent ? (agent.state === 'connected' ? ('connected' as const) : ('silent' as const)) : ('absent' as const)}),
        ...(before ? {replaced: before.text} : {}),
      };
    });
    const daemons = new Set(rows.filter((row) => row.role === 'daemon').map((row) => row.pid));
    for (const pid of this.#reported) if (!daemons.has(pid)) this.#onGone(pid);
    this.#reported = daemons;
    for (const pid of this.#replaced.keys()) if (!daemons.has(pid)) this.#replaced.delete(pid);
    this.#bus.put({type: 'processes', rows});
  }

  /** A new daemon takes the place of the one that went last and that no other has taken. */
  #take(pid: number, startedAt: number): void {
    const taken = new Set([...this.#replaced].flatMap(([by, gone]) => (by === pid ? [] : [gone])));
    const gone = this.#bus
      .state()
      .restarts.findLast((one) => !taken.has(one.pid) && one.at <= startedAt + EVERY && one.at > startedAt - REPLACED_WITHIN);
    if (gone) this.#replaced.set(pid, gone.pid);
  }

  async #host(): Promise<void> {
    this.#bus.put({type: 'host', ...(await readHost())});
  }

  #groups(): string[] {
    const {info} = this.#bus.state();
    return info?.groups?.map(({name}) => name) ?? (info?.processGroup ? [info.processGroup] : []);
  }
}

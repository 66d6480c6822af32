import {readHost} from '../sources/processes/host.ts';
import {isSame} from '../sources/processes/proc-stat.ts';
import {ProcessSampler, type SampledProcess} from '../sources/processes/process-sampler.ts';
import type {Bus} from './bus.ts';

/** Milliseconds between two readings of /proc, and of the host's memory. */
const EVERY = 1000;
const HOST_EVERY = 5000;

export interface KnownProcesses {
  guard: number | null;
  apache: number | null;
  dashboard: number | null;
}

/** The instance's processes, once a second. */
export class ProcessWatch {
  readonly #bus: Bus;
  readonly #known: () => KnownProcesses;
  readonly #sampler = new ProcessSampler();
  readonly #started = new Map<number, number>();
  #rows: SampledProcess[] = [];
  #timers: NodeJS.Timeout[] = [];

  constructor(bus: Bus, known: () => KnownProcesses) {
    this.#bus = bus;
    this.#known = known;
  }

  start(): void {
    this.#report();
    void this.#host();
    this.#timers = [setInterval(() => this.#report(), EVERY), setInterval(() => void this.#host(), HOST_EVERY)];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
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
    this.#rows = this.#sampler.sample({supervisor: process.pid, ...this.#known(), groups: this.#groups()});
    for (const row of this.#rows) this.#started.set(row.pid, row.startTicks);
    if (this.#started.size > 4 * this.#rows.length + 100) {
      const now = new Set(this.#rows.map((row) => row.pid));
      for (const pid of this.#started.keys()) if (!now.has(pid)) this.#started.delete(pid);
    }
    return this.#rows;
  }

  #report(): void {
    const {agents, restarts} = this.#bus.state();
    // A new daemon takes the place of the one that went before it; the newest restart not yet spoken for is its reason.
    const daemons = new Set(this.#rows.filter((row) => row.role === 'daemon').map((row) => row.pid));
    const rows = this.#read().map(({startTicks: _, ...row}) => {
      if (row.role !== 'daemon') return row;
      const agent = agents.find((one) => one.pid === row.pid);
      if (!daemons.has(row.pid) && !this.#replaced.has(row.pid)) {
        const last = restarts.findLast((one) => one.at <= row.startedAt + EVERY && one.at > row.startedAt - 60_000);
        if (last) this.#replaced.set(row.pid, last.pid);
      }
      const before = restarts.find((one) => one.pid === this.#replaced.get(row.pid));
      return {
        ...row,
        agent: agent ? (agent.state === 'connected' ? ('connected' as const) : ('silent' as const)) : ('absent' as const),
        ...(before ? {replaced: before.text} : {}),
      };
    });
    for (const pid of this.#replaced.keys()) if (!rows.some((row) => row.pid === pid)) this.#replaced.delete(pid);
    this.#bus.put({type: 'processes', rows});
  }
  readonly #replaced = new Map<number, number>();

  async #host(): Promise<void> {
    this.#bus.put({type: 'host', ...(await readHost())});
  }

  #groups(): string[] {
    const group = this.#bus.state().info?.processGroup;
    return group ? [group] : [];
  }
}

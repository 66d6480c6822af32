/** Rows for the processes view: one scan of /proc a call, CPU percentages from the difference to the call before. */
import type {ProcessRole, ProcessRow} from '../../model/events.ts';
import {startedAt, TICKS_PER_SECOND, type ProcStat} from './proc-stat.ts';
import {roleOf, type KnownPids, type RoleAndLabel} from './process-role.ts';
import {processTree, quickProcessTree} from './process-tree.ts';

export interface SampledProcess extends ProcessRow {
  /** With the pid, the process's identity: check it with `isSame` before sending a signal. */
  startTicks: number;
}

interface Known {
  startTicks: number;
  cpuTicks: number;
  at: number;
  role: RoleAndLabel;
  /** mod_wsgi gives a daemon its name a moment after the fork: until then it looks like an MPM child, so look again. */
  checks: number;
  cpu: number;
}

const ORDER: ProcessRole[] = ['supervisor', 'dashboard', 'guard', 'apache', 'daemon', 'service', 'child', 'other'];
/** How many readings may still change a process's role. */
const SETTLE = 5;
/** Milliseconds; a shorter interval than a few clock ticks would give percentages that jump. */
const MIN_INTERVAL = 150;
/** One reading in so many scans all of /proc; the others look only at the instance's own processes. */
const FULL_SCAN = 5;
/** One full scan in so many also reads what is known to be somebody else's: a pid may have been given away anew. */
const FULLEST = 12;

export class ProcessSampler {
  readonly #known = new Map<number, Known>();
  readonly #clock: () => number;
  #readings = 0;
  /** Processes that are not the instance's, with the roots for which that was found. */
  readonly #strangers = new Set<number>();
  #roots = '';

  /** `clock` gives milliseconds that never go backwards. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /**
   * All processes of the instance, in the order in which they are shown. Empty where there is no /proc.
   * CPU is percent of one core since the reading before, 0 at a process's first one.
   */
  sample(pids: KnownPids): SampledProcess[] {
    const roots = [pids.supervisor, pids.dashboard, pids.guard, pids.apache].filter((pid): pid is number => typeof pid === 'number');
    const now = this.#clock();
    const roles = new Map<number, ProcessRole>();
    const rows: SampledProcess[] = [];
    for (const stat of this.#tree(roots)) {
      const known = this.#update(stat, pids, roles.get(stat.ppid), now);
      roles.set(stat.pid, known.role.role);
      rows.push({
        pid: stat.pid,
        ppid: stat.ppid,
        ...known.role,
        state: stat.state,
        cpu: known.cpu,
        rss: stat.rss,
        threads: stat.threads,
        startedAt: startedAt(stat.startTicks),
        startTicks: stat.startTicks,
      });
    }
    for (const pid of this.#known.keys()) if (!roles.has(pid)) this.#known.delete(pid);
    return rows.toSorted((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.startTicks - b.startTicks || a.pid - b.pid);
  }

  #tree(roots: readonly number[]): ProcStat[] {
    const reading = this.#readings++;
    const full = reading % FULL_SCAN === 0;
    const quick = full ? null : quickProcessTree(roots, this.#known.keys());
    if (quick) return quick;
    const names = roots.join(' ');
    if (names !== this.#roots || reading % (FULL_SCAN * FULLEST) === 0) this.#strangers.clear();
    this.#roots = names;
    return processTree(roots, this.#strangers);
  }

  #update(stat: ProcStat, pids: KnownPids, parent: ProcessRole | undefined, now: number): Known {
    const before = this.#known.get(stat.pid);
    if (!before || before.startTicks !== stat.startTicks) {
      const {startTicks, cpuTicks} = stat;
      const fresh: Known = {startTicks, cpuTicks, at: now, role: roleOf(stat, pids, parent), checks: 1, cpu: 0};
      this.#known.set(stat.pid, fresh);
      return fresh;
    }
    if (before.checks < SETTLE || stat.pid === pids.dashboard || stat.pid === pids.guard || stat.pid === pids.apache) {
      before.role = roleOf(stat, pids, parent);
      before.checks++;
    }
    const elapsed = now - before.at;
    if (elapsed >= MIN_INTERVAL) {
      const percent = (stat.cpuTicks - before.cpuTicks) * ((1000 / TICKS_PER_SECOND) * (100 / elapsed));
      before.cpu = Math.max(0, Math.round(percent * 10) / 10);
      before.cpuTicks = stat.cpuTicks;
      before.at = now;
    }
    return before;
  }
}

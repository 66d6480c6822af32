import type {StopReason} from '../model/events.ts';
import {isStopped, stopReason} from '../sources/processes/stop-reason.ts';
import {readProcess} from '../sources/processes/proc-stat.ts';
import type {SampledProcess} from '../sources/processes/process-sampler.ts';

/** Milliseconds from first sight of a stopped process to the second, which counts: tools stop processes for a moment. */
const CONFIRM = 200;

/** Which processes of an instance are stopped, and by what. */
export class StopWatch {
  /** First sight of each stopped process: when, how far it had come, and why: later the kernel may not tell. */
  readonly #seen = new Map<number, {startTicks: number; at: number; progress: string; reason: StopReason}>();
  readonly #again: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param again asks for another reading, soon. */
  constructor(again: () => void) {
    this.#again = again;
  }

  /** Is a process in sight whose second look is due. */
  get unsure(): boolean {
    return this.#timer !== undefined;
  }

  /** Adds to the rows what has stopped them. */
  mark(rows: SampledProcess[]): SampledProcess[] {
    if (this.#seen.size === 0 && !rows.some((row) => isStopped(row.state))) return rows;
    const now = performance.now();
    const stopped = new Set<number>();
    let unsure = false;
    const marked = rows.map((row) => {
      const found = isStopped(row.state) ? stopReason(row.pid, row.state) : null;
      if (found === null) return row;
      stopped.add(row.pid);
      const first = this.#seen.get(row.pid);
      if (first?.startTicks !== row.startTicks || first.progress !== found.progress) {
        this.#seen.set(row.pid, {startTicks: row.startTicks, at: now, ...found});
        unsure = true;
        return row;
      }
      if (now - first.at >= CONFIRM / 2) return {...row, stopped: first.reason};
      unsure = true;
      return row;
    });
    for (const pid of this.#seen.keys()) if (!stopped.has(pid)) this.#seen.delete(pid);
    if (unsure)
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#again();
      }, CONFIRM);
    return marked;
  }

  /** Has any of these been stopped, or continued, since they were read. Cheap: one small file a process. */
  changed(rows: readonly SampledProcess[]): boolean {
    return rows.some((row) => {
      const now = readProcess(row.pid);
      return now !== null && now.startTicks === row.startTicks && isStopped(now.state) !== isStopped(row.state);
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

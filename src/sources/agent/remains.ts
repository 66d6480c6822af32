/** What daemon processes leave behind: last requests, last words of a crash, and files that nobody else removes. */
import type {ActiveRequest} from '../../model/events.ts';
import {lastWords, type FaultContext, type FaultStacks} from './fault-stacks.ts';
import type {Known} from './known.ts';
import {startedAt} from '../processes/proc-stat.ts';
import {FILE_KINDS} from './process-files.ts';
import {isRunning, processFact} from './proc.ts';
import {slotToActiveRequest} from './translate.ts';

/** Ended processes whose last requests are remembered. */
const REMEMBERED = 50;
/** Milliseconds by which a start time and the time of a file may disagree. */
const START_MARGIN = 1000;

export class Remains {
  readonly #context: FaultContext;
  readonly #last = new Map<number, ActiveRequest[]>();

  constructor(context: FaultContext) {
    this.#context = context;
  }

  /** What an ended process had in flight, as far as could be told; empty for unknown ones. */
  last(pid: number): ActiveRequest[] {
    return this.#last.get(pid) ?? [];
  }

  /**
   * The last sample's requests that their threads are still at; for a silent process also what threads have taken since. (A slot alone does
   * not tell that the request is not over: the slots of a process that answers add nothing.)
   */
  inFlight(pid: number, {startTicks, requests, peer}: Known): ActiveRequest[] {
    const slots = this.#context.files.slots(pid, startTicks)?.slots ?? [];
    const byIdent = new Map(slots.map((slot) => [slot.ident, slot]));
    const still = requests.filter((one) => (byIdent.get(one.ident)?.id ?? one.id) === one.id);
    if (!peer.silent) return still;
    const newest = Math.max(0, ...requests.map((one) => one.startedAt));
    const since = slots.filter((slot) => slot.startedAt > newest && !still.some((one) => one.id === slot.id));
    return [...still, ...since.map((slot) => slotToActiveRequest(pid, slot))];
  }

  /**
   * Reads what an ended process has left and removes its files.
   * @param known null when its agent never got through.
   * @returns its last words when it crashed.
   */
  bury(pid: number, known: Known | null): FaultStacks | null {
    const {files} = this.#context;
    const startTicks = known?.startTicks ?? files.startTicks(pid) ?? '';
    const patient = {pid, startTicks, faultSignal: null, lastRequests: known?.requests ?? [], background: known?.background ?? new Map()};
    const words = lastWords(patient, known?.faultFrom ?? 0, this.#context);
    this.#last.delete(pid);
    this.#last.set(pid, words?.inFlight ?? (known ? this.inFlight(pid, known) : []));
    if (this.#last.size > REMEMBERED) this.#last.delete(this.#last.keys().next().value!);
    files.remove(pid);
    return words;
  }

  /**
   * Removes the files of processes that ended while no supervisor was there. A process that is just starting has files
   * too, in which it has written nothing yet: those count as its own when they are not older than the process.
   */
  sweep(): void {
    const {files} = this.#context;
    for (const pid of files.pids()) {
      const ticks = files.startTicks(pid);
      if (ticks !== null && isRunning(pid, ticks)) continue;
      const fact = processFact(pid);
      if (fact === null) {
        files.remove(pid);
        continue;
      }
      const start = startedAt(Number(fact.startTicks)) - START_MARGIN;
      for (const kind of FILE_KINDS) {
        if (files.since(pid, kind) < start || (kind === 'slots' && ticks !== null)) files.remove(pid, kind);
      }
    }
  }
}

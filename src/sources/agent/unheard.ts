/**
 * Daemon processes whose agent has not got through. Their interpreter may be held since their first request, before the agent could connect. The
 * alarm and the stacks that somebody asks for come from the same dumps.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {dumpBySignal, isHeld, type FaultContext, type FaultStacks} from './fault-stacks.ts';
import {processFact} from './proc.ts';

/** How long after it was loaded an agent may take to get through, in milliseconds: it connects after a tenth of a second. */
const UNHEARD = 1200;
const LOOK = 50;
/** What agent.py registers, SIGRTMIN+6 with the 34 of glibc; sent only to a process that catches it. */
const FAULT_SIGNAL = 40;

export interface UnheardOptions {
  fault: FaultContext;
  now: () => number;
  /** Is this process one of the instance's. */
  isOurs: (pid: number) => boolean;
  /** Has its agent got through. */
  isKnown: (pid: number) => boolean;
  /** Gets the first dump of a process whose interpreter is held. */
  held: (pid: number, stacks: FaultStacks) => void;
}

export class Unheard {
  readonly #options: UnheardOptions;
  readonly #dumps = new Map<number, Promise<FaultStacks | null>>();
  /** Processes that were dumped, and whether their interpreter was held. */
  readonly #found = new Map<number, boolean>();

  constructor(options: UnheardOptions) {
    this.#options = options;
  }

  /** Processes whose agent has made its files, and nothing else so far. */
  pids(): number[] {
    const {fault, isOurs, isKnown} = this.#options;
    return fault.files.pids().filter((pid) => !isKnown(pid) && isOurs(pid));
  }

  /** Call now and then: dumps a process when its agent is overdue, until its interpreter is found held. */
  async look(pid: number): Promise<void> {
    if (this.#options.isKnown(pid) || this.#found.get(pid) === true || this.#overdue(pid) < 0) return;
    if (await this.#worthDumping(pid)) await this.#dump(pid);
  }

  /** Stacks of a process whose interpreter is held, once its agent is overdue; null for any other. */
  async take(pid: number): Promise<FaultStacks | null> {
    for (let rest = this.#overdue(pid); rest < 0; rest = this.#overdue(pid)) {
      if (!Number.isFinite(rest) || processFact(pid) === null) return null;
      await sleep(Math.min(LOOK, -rest));
      if (this.#options.isKnown(pid)) return null;
    }
    return (await this.#worthDumping(pid)) ? this.#dump(pid) : null;
  }

  /** Call when a process has ended. */
  forget(pid: number): void {
    this.#found.delete(pid);
  }

  /** For how many milliseconds its agent should have got through by now; negative while there is time left. */
  #overdue(pid: number): number {
    return this.#options.now() - this.#options.fault.files.since(pid, 'fault') - UNHEARD;
  }

  /** A dump reads frames without the interpreter's lock, which has crashed interpreters whose threads ran: one that was free is watched first. */
  async #worthDumping(pid: number): Promise<boolean> {
    if (this.#found.get(pid) !== false) return true;
    const {files} = this.#options.fault;
    return isHeld(pid, files.slots(pid, processFact(pid)?.startTicks ?? '')?.agentTid ?? 0);
  }

  #dump(pid: number): Promise<FaultStacks | null> {
    const under = this.#dumps.get(pid);
    if (under) return under;
    const dump = this.#dumped(pid).finally(() => this.#dumps.delete(pid));
    this.#dumps.set(pid, dump);
    return dump;
  }

  async #dumped(pid: number): Promise<FaultStacks | null> {
    const {fault, isKnown, held} = this.#options;
    const fact = processFact(pid);
    if (!fact) return null;
    const first = this.#found.get(pid) !== true;
    const patient = {pid, startTicks: fact.startTicks, faultSignal: FAULT_SIGNAL, lastRequests: [], background: new Map<string, never>()};
    const stacks = await dumpBySignal(patient, fault);
    this.#found.set(pid, typeof stacks === 'string' || stacks.held);
    if (typeof stacks === 'string') return null;
    if (!stacks.held || isKnown(pid)) return null;
    if (first) held(pid, stacks);
    return stacks;
  }
}

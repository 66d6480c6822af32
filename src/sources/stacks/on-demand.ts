/** Stacks when somebody asks: of one process or of all, each by the best way that answers. */
import type {ActiveRequest} from '../../model/events.ts';
import type {StackCapture} from '../../model/stacks.ts';
import {toRequestRef} from '../agent/translate.ts';
import {takeStacksOf} from './ladder.ts';

/** What is asked of the agents' hub: polite question, then the fault signal where an agent is silent. */
export interface AgentStacks {
  takeStacks(pid?: number): Promise<StackCapture[]>;
  /** The request that each thread took last, by the kernel's thread id. */
  takenBy(pid: number): Map<number, ActiveRequest>;
}

export interface OnDemandOptions {
  hub: AgentStacks;
  /** The processes that run Python code, with the names of their groups. */
  processes: () => {pid: number; group: string}[];
  /** The application's Python: programs that read stacks are looked for beside it. */
  python: string | null;
  nextCaptureId: () => number;
}

/** Programs that stop a process and read it are not started for more processes than this at once. */
const AT_ONCE = 4;
/** How long stacks that were read from outside serve a view that asks again and again, in milliseconds: each reading stops the process. */
const FRESH = 3000;

interface Reading {
  /** When it was done, on the monotonic clock; null while it lasts. */
  at: number | null;
  capture: Promise<StackCapture>;
}

/** A process that gives no stacks to its agent, nor to the fault signal, is read from outside. Nothing is emitted. */
export class StacksOnDemand {
  readonly #options: OnDemandOptions;
  /** The newest reading from outside of each process: two at once would refuse each other. */
  readonly #outside = new Map<number, Reading>();

  constructor(options: OnDemandOptions) {
    this.#options = options;
  }

  /** Of one process, or of every process of every group; empty only when there is no such process. */
  async take(pid?: number): Promise<StackCapture[]> {
    return this.#take(pid, 0);
  }

  /** For a live view of one process. */
  async live(pid: number): Promise<StackCapture | null> {
    return (await this.#take(pid, FRESH))[0] ?? null;
  }

  async #take(pid: number | undefined, fresh: number): Promise<StackCapture[]> {
    const {hub, processes} = this.#options;
    const all = processes();
    for (const one of this.#outside.keys()) if (!all.some((process) => process.pid === one)) this.#outside.delete(one);
    const asked = all.filter((one) => pid === undefined || one.pid === pid);
    const groups = new Map(all.map((one) => [one.pid, one.group]));
    // The hub does not know the group of a process whose agent has never got through.
    const captures = (await hub.takeStacks(pid)).map((one): StackCapture => {
      const processGroup = groups.get(one.pid);
      return one.method === 'agent' || one.processGroup !== undefined || processGroup === undefined ? one : {...one, processGroup};
    });
    const silent = asked.filter((one) => !captures.some((capture) => capture.pid === one.pid));
    for (let from = 0; from < silent.length; from += AT_ONCE) {
      captures.push(...(await Promise.all(silent.slice(from, from + AT_ONCE).map((one) => this.#fromOutside(one, fresh)))));
    }
    return captures.filter((one) => one.threads.length > 0 || one.method === 'agent').toSorted((a, b) => a.pid - b.pid);
  }

  #fromOutside(target: {pid: number; group: string}, fresh: number): Promise<StackCapture> {
    const before = this.#outside.get(target.pid);
    if (before && (before.at === null || performance.now() - before.at < fresh)) return before.capture;
    const entry: Reading = {at: null, capture: this.#read(target)};
    this.#outside.set(target.pid, entry);
    void entry.capture.then(() => (entry.at = performance.now()));
    return entry.capture;
  }

  async #read({pid, group}: {pid: number; group: string}): Promise<StackCapture> {
    const {hub, python, nextCaptureId} = this.#options;
    const title = `stacks of process ${pid}, from outside`;
    const capture = await takeStacksOf({pid, python, id: nextCaptureId(), title, processGroup: group});
    const taken = hub.takenBy(pid);
    for (const thread of capture.threads) {
      const request = thread.tid === undefined ? undefined : taken.get(thread.tid);
      // mod_wsgi's workers have Python frames only while they serve: what such a thread took last is what it is at.
      if (request && thread.frames.length > 0) thread.request = toRequestRef(request);
    }
    return capture;
  }
}

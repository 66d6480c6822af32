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

/**
 * Stacks of one process, or of every process of every group. A process that gives none to its agent, nor to the fault signal, is read from outside.
 * Nothing is emitted; empty only when there is no such process.
 */
export async function stacksOnDemand(options: OnDemandOptions, pid?: number): Promise<StackCapture[]> {
  const {hub, processes} = options;
  const asked = processes().filter((one) => pid === undefined || one.pid === pid);
  const told = await hub.takeStacks(pid);
  const silent = asked.filter((one) => !told.some((capture) => capture.pid === one.pid));
  const captures = [...told];
  for (let from = 0; from < silent.length; from += AT_ONCE) {
    captures.push(...(await Promise.all(silent.slice(from, from + AT_ONCE).map((one) => fromOutside(one, options)))));
  }
  return captures.filter((one) => one.threads.length > 0 || one.method === 'agent').toSorted((a, b) => a.pid - b.pid);
}

async function fromOutside({pid, group}: {pid: number; group: string}, options: OnDemandOptions): Promise<StackCapture> {
  const {hub, python, nextCaptureId} = options;
  const capture = await takeStacksOf({
    pid,
    python,
    id: nextCaptureId(),
    title: `stacks of process ${pid}, from outside`,
    processGroup: group,
  });
  const taken = hub.takenBy(pid);
  for (const thread of capture.threads) {
    const request = thread.tid === undefined ? undefined : taken.get(thread.tid);
    // mod_wsgi's workers have Python frames only while they serve: what such a thread took last is what it is at.
    if (request && thread.frames.length > 0) thread.request = toRequestRef(request);
  }
  return capture;
}

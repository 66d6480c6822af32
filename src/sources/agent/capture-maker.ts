/** Makes captures of what the agent, or a signal, has told: numbers, source lines, the kernel's thread ids, and what they do not cover. */
import type {StackCapture, StackCause, ThreadStack} from '../../model/stacks.ts';
import {kernelThread, kernelWords} from '../stacks/kernel-threads.ts';
import type {Known} from './known.ts';
import type {ProcessFiles} from './process-files.ts';
import {addSources} from './source-lines.ts';

export interface CaptureMakerOptions {
  files: ProcessFiles;
  now: () => number;
  /** Numbers for captures, unique within the instance; counted from 1 when absent. */
  nextId?: (() => number) | undefined;
}

type Facts = Pick<StackCapture, 'method' | 'cause' | 'title' | 'threads'>;

/** What an agent sends at most (agent_main.py). */
const MAX_THREADS = 200;

export class CaptureMaker {
  readonly #options: CaptureMakerOptions;
  #count = 0;

  constructor(options: CaptureMakerOptions) {
    this.#options = options;
  }

  /** @param known null when the agent of the process never got through. */
  make(pid: number, known: Known | null, {method, cause, title, threads}: Facts): StackCapture {
    addSources(threads);
    if (known) this.#addThreadIds(pid, known, threads);
    if (method === 'agent') addKernel(pid, threads);
    const id = this.#options.nextId?.() ?? ++this.#count;
    const uncovered = notCovered(method, cause, threads);
    const group = known ? {processGroup: known.hello.group} : {};
    return {id, at: this.#options.now(), pid, ...group, method, cause, title, threads, ...(uncovered === null ? {} : {uncovered})};
  }

  /** Python knows them only of the threads that it has made; mod_wsgi's workers tell them in their slots. */
  #addThreadIds(pid: number, {startTicks, background}: Known, threads: ThreadStack[]): void {
    if (threads.every((one) => one.tid !== undefined)) return;
    const slots = this.#options.files.slots(pid, startTicks)?.slots ?? [];
    const tids = new Map(slots.map((one) => [one.ident, one.tid]));
    for (const thread of threads) {
      const tid = thread.tid ?? tids.get(thread.ident) ?? background.get(thread.ident)?.tid;
      if (tid) thread.tid = tid;
    }
  }
}

/** What C code waits in has no frame: of threads that serve a request the kernel's word is taken as well, where it says more than "sleeping". */
function addKernel(pid: number, threads: readonly ThreadStack[]): void {
  for (const thread of threads) {
    const kernel = thread.request && thread.tid !== undefined ? kernelThread(pid, thread.tid) : null;
    if (kernel?.call || kernel?.state === 'R') thread.kernel = kernelWords(kernel, undefined, 0);
  }
}

/** Where gevent and eventlet run the event loop of a thread. */
const EVENT_LOOP = /\/(?:gevent|eventlet\/hubs)\/hub\.py$/;

/** Does a thread run an event loop while what it was given to do waits in a greenlet. The frames of a greenlet that waits are on no thread. */
function inEventLoop(frames: ThreadStack['frames']): boolean {
  const outermost = frames.at(-1);
  return outermost !== undefined && EVENT_LOOP.test(outermost.file);
}

/**
 * Python lists the threads of all interpreters of a process, but only the application's own interpreter knows its requests, and the names of the
 * threads that it has made. faulthandler prints one interpreter.
 */
function notCovered(method: StackCapture['method'], cause: StackCause, threads: readonly ThreadStack[]): string | null {
  const elsewhere = threads.filter((one) => one.request && inEventLoop(one.frames)).length;
  const greenlets =
    elsewhere === 0
      ? null
      : `${elsewhere} request${elsewhere === 1 ? ' that waits in a greenlet: its thread shows' : 's that wait in greenlets: their threads show'} the event loop of gevent or eventlet`;
  if (method === 'faulthandler' || cause === 'crash') {
    return [greenlets, "interpreters other than the application's, where there are any"].filter((one) => one !== null).join('; ');
  }
  const full = threads.length >= MAX_THREADS ? `threads after the first ${MAX_THREADS}` : null;
  const strangers = threads.filter((one) => !one.request && one.name === undefined).length;
  const foreign =
    strangers === 0 ? null : `requests and names of ${strangers} thread${strangers === 1 ? '' : 's'}: of other interpreters, or made in C`;
  const missing = [greenlets, full, foreign].filter((one) => one !== null);
  return missing.length === 0 ? null : missing.join('; ');
}

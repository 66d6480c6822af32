/** Stacks of a process without its help: pystack or py-spy where one is installed and permitted, else what the kernel tells. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {StackCapture, StackCause, StackMethod, ThreadStack} from '../../model/stacks.ts';
import {addSources} from '../agent/source-lines.ts';
import {kernelThreads, kernelWords} from './kernel-threads.ts';
import {distrusted, findTool, runTool, STACK_TOOLS} from './stack-tools.ts';

export interface ExternalTarget {
  pid: number;
  /** Path of the Python that belongs to the process: the programs are looked for beside it first. Found out where absent. */
  python?: string | null;
  /** Run the programs as this user instead of ourselves. */
  runAs?: {uid: number; gid: number};
}

export interface ExternalStacks {
  method: Extract<StackMethod, 'pystack' | 'py-spy' | 'proc'>;
  /** Innermost frame first, source lines included; empty when the process is gone. With `proc` there are no frames. */
  threads: ThreadStack[];
  /** Ident of the thread that held the interpreter at that moment. */
  culprit?: string;
  uncovered?: string;
  /** Why the better methods gave nothing, one line each; says so too when neither program is installed. */
  refused: string[];
}

/** Milliseconds between two readings of the kernel's figures. */
const WATCH = 100;

/** Goes down the ladder. Takes 0.1 to 0.3 s, at most some 10 s; the process is stopped for a moment by the programs. Never throws. */
export async function externalStacks({pid, python = null, runAs}: ExternalTarget): Promise<ExternalStacks> {
  const refused: string[] = [];
  let installed = false;
  for (const tool of STACK_TOOLS) {
    for (const path of findTool(tool.name, pid, python)) {
      installed = true;
      try {
        const distrust = runAs === undefined ? distrusted(path) : null;
        if (distrust !== null) throw new Error(distrust);
        const {threads, culprit} = await runTool(tool, path, pid, runAs);
        withKernel(pid, threads);
        addSources(threads);
        return {method: tool.name, threads, ...(culprit === undefined ? {} : {culprit}), uncovered: tool.uncovered, refused};
      } catch (error) {
        refused.push(`${tool.name}: ${(error as Error).message}`);
      }
    }
  }
  if (!installed) refused.push("neither pystack nor py-spy is installed; pip install pystack into the application's environment");
  return {...(await fromKernel(pid)), refused};
}

/** The same as a capture, for those who keep or show captures. `id` is the caller's to choose. */
export async function takeStacksOf(
  target: ExternalTarget & {id?: number; cause?: StackCause; title?: string; processGroup?: string},
): Promise<StackCapture> {
  const {pid, id = 0, cause = 'asked', title, processGroup} = target;
  const {method, threads, culprit, uncovered, refused} = await externalStacks(target);
  const said = [uncovered, ...(method === 'proc' ? refused : [])].filter((one) => one !== undefined).join('; ');
  return {
    id,
    at: Date.now(),
    pid,
    ...(processGroup === undefined ? {} : {processGroup}),
    method,
    cause,
    title: title ?? `stacks of process ${pid}`,
    ...(culprit === undefined ? {} : {culprit}),
    threads,
    ...(said === '' ? {} : {uncovered: said}),
  };
}

function withKernel(pid: number, threads: ThreadStack[]): void {
  const kernel = new Map(kernelThreads(pid).map((one) => [one.tid, one]));
  for (const thread of threads) {
    const found = thread.tid === undefined ? undefined : kernel.get(thread.tid);
    if (found) thread.kernel = kernelWords(found, undefined, 0);
  }
}

async function fromKernel(pid: number): Promise<Pick<ExternalStacks, 'method' | 'threads' | 'uncovered'>> {
  const before = new Map(kernelThreads(pid).map((one) => [one.tid, one]));
  const began = performance.now();
  await sleep(WATCH);
  const ms = performance.now() - began;
  const threads = kernelThreads(pid).map((one): ThreadStack => {
    const kernel = kernelWords(one, before.get(one.tid), ms);
    return {ident: String(one.tid), tid: one.tid, name: one.name, frames: [], kernel};
  });
  return {method: 'proc', threads, uncovered: 'no Python frames: only what the kernel tells of each thread'};
}

/** Reads what `pystack remote --no-color PID` prints (pystack 1.3 to 1.7). Pure. */
import type {Frame, ThreadStack} from '../../model/stacks.ts';

export interface ToolStacks {
  threads: ThreadStack[];
  /** Ident of the thread that holds the interpreter, where the program says so. */
  culprit?: string;
}

const THREAD = /^Traceback for thread (\d+) \((.*)\)(?: \[([^\]]*)\])? \(most recent call last\):$/;
const EMPTY = /^The frame stack for thread (\d+) is empty$/;
const INTERPRETER = /^ {2}In (?:the main interpreter|interpreter \d+) \[([^\]]*)\]$/;
const FRAME = /^ {4}\(Python\) File "(.*)", line (\d+), in (.*)$/;
const MAX_THREADS = 1000;
const MAX_FRAMES = 200;

/**
 * Threads with Python frames, in pystack's order. It knows the kernel's thread ids only: those stand for the ident too. A thread that has called
 * into a sub-interpreter has its frames of all interpreters in one stack, as it runs them.
 */
export function parsePystack(text: string): ToolStacks {
  const threads: ThreadStack[] = [];
  let current: {tid: number; frames: Frame[]} | null = null;
  let culprit: string | undefined;
  const finish = () => {
    // Printed oldest call first; ours is the innermost first.
    if (current !== null && current.frames.length > 0 && threads.length < MAX_THREADS) {
      threads.push({ident: String(current.tid), tid: current.tid, frames: current.frames.toReversed().slice(0, MAX_FRAMES)});
    }
    current = null;
  };
  for (const line of text.split('\n')) {
    const head = THREAD.exec(line);
    const state = head?.[3] ?? INTERPRETER.exec(line)?.[1];
    if (head || EMPTY.test(line)) finish();
    if (head) current = {tid: Number(head[1]), frames: []};
    if (current !== null && state?.includes('Has the GIL')) culprit = String((current as {tid: number}).tid);
    const frame = FRAME.exec(line);
    if (frame && current !== null) {
      const [, file = '', number = '0', func = ''] = frame;
      (current as {frames: Frame[]}).frames.push({file, line: Number(number), func});
    }
  }
  finish();
  return {threads, ...(culprit === undefined ? {} : {culprit})};
}

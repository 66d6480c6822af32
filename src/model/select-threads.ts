/** The threads of a capture in the order in which they matter; equal stacks become one. Pure. */
import type {RequestRef, StackCapture, ThreadStack} from './stacks.ts';

export interface ThreadGroup {
  /** The first of the threads with this stack. */
  thread: ThreadStack;
  /** How many threads stand at exactly these frames. */
  count: number;
  requests: RequestRef[];
}

/** The culprit first, then threads with a request, the oldest request on top; then idle ones. Stacks that are equal frame by frame are grouped. */
export function selectThreads(capture: Pick<StackCapture, 'threads' | 'culprit'>): ThreadGroup[] {
  const groups = new Map<string, ThreadGroup>();
  for (const thread of capture.threads.toSorted(
    (a, b) => Number(b.ident === capture.culprit) - Number(a.ident === capture.culprit) || byRequest(a, b),
  )) {
    const key = `${thread.request ? 'r' : 'i'}|${thread.frames.map((one) => `${one.file}:${one.line}:${one.func}`).join('|')}`;
    const group = groups.get(key);
    if (group) {
      group.count++;
      if (thread.request) group.requests.push(thread.request);
    } else groups.set(key, {thread, count: 1, requests: thread.request ? [thread.request] : []});
  }
  return [...groups.values()];
}

function byRequest(a: ThreadStack, b: ThreadStack): number {
  return (a.request?.startedAt ?? Infinity) - (b.request?.startedAt ?? Infinity) || b.frames.length - a.frames.length || 0;
}

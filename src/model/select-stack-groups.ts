/** Equal stacks of many threads, processes and samples as one. Pure. */
import type {Frame, RequestRef, StackCapture, ThreadStack} from './stacks.ts';

export interface GroupedThread {
  pid: number;
  captureId: number;
  thread: ThreadStack;
  /** Holds the interpreter, or crashed. */
  culprit: boolean;
}

export interface StackGroup {
  /** Innermost first; empty for threads without Python frames. */
  frames: readonly Frame[];
  threads: GroupedThread[];
  /** Oldest first, each once. */
  requests: RequestRef[];
  /** Number of threads. */
  count: number;
}

/**
 * Groups stacks that are equal in file, line and function of every frame (without frames: in what the kernel says). The culprit's group first, then most
 * frequent first; of equally frequent ones those with a request, then those with the oldest.
 */
export function selectStackGroups(captures: readonly Pick<StackCapture, 'id' | 'pid' | 'threads' | 'culprit'>[]): StackGroup[] {
  const groups = new Map<string, StackGroup>();
  for (const {id, pid, threads, culprit} of captures) {
    for (const thread of threads) {
      const key = keyOf(thread);
      const group = groups.get(key) ?? {frames: thread.frames, threads: [], requests: [], count: 0};
      groups.set(key, group);
      group.threads.push({pid, captureId: id, thread, culprit: culprit !== undefined && thread.ident === culprit});
      group.count++;
      const {request} = thread;
      if (request && !group.requests.some((one) => one.id === request.id)) group.requests.push(request);
    }
  }
  const all = [...groups.values()];
  for (const group of all) group.requests.sort((a, b) => a.startedAt - b.startedAt);
  return all.toSorted(
    (a, b) => rank(b) - rank(a) || b.count - a.count || b.requests.length - a.requests.length || oldest(a) - oldest(b) || 0,
  );
}

function keyOf({frames, kernel}: ThreadStack): string {
  if (frames.length === 0) return `kernel ${(kernel ?? '').replace(/,? \d+ % of a core$/, '').replace(/ \(.*\)$/, '')}`;
  return frames.map(({file, line, func}) => `${file}:${line}:${func}`).join('\n');
}

function rank(group: StackGroup): number {
  return Number(group.threads.some((one) => one.culprit));
}

/** Not Infinity: two of them subtracted are no number. */
function oldest(group: StackGroup): number {
  return group.requests[0]?.startedAt ?? Number.MAX_SAFE_INTEGER;
}

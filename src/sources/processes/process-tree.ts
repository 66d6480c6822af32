/** All processes below some roots, from /proc. */
import {readdirSync} from 'node:fs';
import {readProcess, readShort, type ProcStat} from './proc-stat.ts';

/** Is there a /proc to read? False on macOS, for example: then nothing is known about processes but that they live. */
export const HAS_PROC = readProcess(process.pid) !== null;

/**
 * The roots that live and all their descendants, parents before children, in order of start, from one scan of all of /proc (about
 * 15 µs for each process of the machine). Empty where there is no /proc. A process whose parent has died belongs to the sub-reaper
 * above it (the guard, in our case), or to init and is not found.
 * @param strangers processes that an earlier scan for the same roots has found to be somebody else's: they are not read again. This scan brings it
 *   up to date.
 */
export function processTree(roots: readonly number[], strangers?: Set<number>): ProcStat[] {
  if (!HAS_PROC || roots.length === 0) return [];
  const all: ProcStat[] = [];
  const living = new Set<number>();
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const pid = Number(name);
    living.add(pid);
    if (strangers?.has(pid)) continue;
    const stat = readProcess(pid);
    if (stat) all.push(stat);
  }
  const tree = arrange(roots, all);
  if (strangers) learn(strangers, living, tree, all);
  return tree;
}

/**
 * A process is a stranger when all above it are known not to be ours: it can never become a descendant of our processes. One whose parent has ended
 * before it could be read may be on its way to the guard.
 */
function learn(strangers: Set<number>, living: ReadonlySet<number>, tree: readonly ProcStat[], all: readonly ProcStat[]): void {
  for (const pid of strangers) if (!living.has(pid)) strangers.delete(pid);
  const ours = new Set(tree.map((stat) => stat.pid));
  const parents = new Map(all.map((stat) => [stat.pid, stat.ppid]));
  for (const stat of all) {
    const above: number[] = [];
    let pid = stat.pid;
    for (let parent = parents.get(pid); parent !== undefined && !ours.has(pid) && !strangers.has(pid); parent = parents.get(pid)) {
      above.push(pid);
      pid = parent;
    }
    if (pid === 0 || strangers.has(pid)) for (const one of above) strangers.add(one);
  }
}

/**
 * The same from far fewer files: the roots, the `known` processes, and what the kernel lists as children of their main threads. A child
 * of another thread is found only if it is known already, so a full scan is due now and then. Null where the kernel has no such lists.
 */
export function quickProcessTree(roots: readonly number[], known: Iterable<number>): ProcStat[] | null {
  if (!HAS_PROC) return null;
  const queue = new Set<number>([...roots, ...known]);
  const found: ProcStat[] = [];
  // A set grows while it is walked: children put in are visited in turn.
  for (const pid of queue) {
    const stat = readProcess(pid);
    if (!stat) continue;
    found.push(stat);
    const children = mainThreadChildren(pid);
    if (children === null) {
      if (readProcess(pid)) return null;
      continue;
    }
    for (const child of children) queue.add(child);
  }
  return arrange(roots, found);
}

function mainThreadChildren(pid: number): number[] | null {
  try {
    const text = readShort(`/proc/${pid}/task/${pid}/children`);
    return text === '' ? [] : text.trimEnd().split(' ').map(Number);
  } catch {
    return null;
  }
}

function arrange(roots: readonly number[], processes: readonly ProcStat[]): ProcStat[] {
  const children = new Map<number, ProcStat[]>();
  const byPid = new Map<number, ProcStat>();
  for (const stat of processes) {
    byPid.set(stat.pid, stat);
    const siblings = children.get(stat.ppid);
    if (siblings) siblings.push(stat);
    else children.set(stat.ppid, [stat]);
  }
  const seen = new Set<number>();
  const tree: ProcStat[] = [];
  const queue = roots.flatMap((pid) => byPid.get(pid) ?? []);
  for (let stat = queue.shift(); stat; stat = queue.shift()) {
    if (seen.has(stat.pid)) continue;
    seen.add(stat.pid);
    tree.push(stat);
    const below = children.get(stat.pid);
    if (below) queue.push(...below.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid));
  }
  return tree;
}

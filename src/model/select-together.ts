/** Which captures belong together: one asking takes those of every process. Pure. */
import type {StackSummary} from './stacks.ts';

/** Between the first and the last process of one asking, milliseconds. */
const TOGETHER_MS = 2000;

/** Ids of the captures of other processes that were asked for at the same moment; none for captures that came by themselves. */
export function takenTogether(captures: readonly StackSummary[], id: number): number[] {
  const one = captures.find((other) => other.id === id);
  if (one?.cause !== 'asked') return [];
  const others = captures.filter((other) => other.cause === 'asked' && other.pid !== one.pid && Math.abs(other.at - one.at) < TOGETHER_MS);
  // Asked twice within the time: of each process the one that is nearest.
  const nearest = new Map<number, StackSummary>();
  for (const other of others) {
    const known = nearest.get(other.pid);
    if (known === undefined || Math.abs(other.at - one.at) < Math.abs(known.at - one.at)) nearest.set(other.pid, other);
  }
  return [...nearest.values()].map((other) => other.id);
}

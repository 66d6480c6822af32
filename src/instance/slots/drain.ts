import {recycle} from './recycle.ts';
import type {SlotContext} from './slot-context.ts';
import type {SlotName} from './slot-switch.ts';

export interface Drained {
  /** Requests that were seen to go on after the switch, and ended by themselves. */
  finished: number;
  /** Requests that were still going on when their time was over. */
  cut: number;
}

/** A request that saw the old state of the switch may still be on its way to the old slot for so long, in milliseconds. */
const STRAGGLERS = 150;
/** How often the old slot is asked what it is at, in milliseconds. */
const PACE = 50;

/**
 * Lets the slot that is not live any more finish its requests, then has its processes replaced by empty ones. It goes on taking what is still in
 * its queue: nothing waits there once one of its threads is free, which is why it is told to end only when all are.
 * @returns what became of its requests; null when it was called off (Apache itself is ending).
 */
export async function drain(context: SlotContext, slot: SlotName, why: string, signal: AbortSignal): Promise<Drained | null> {
  const {pool, plan} = context;
  const pids = pool.members(slot).map((one) => one.pid);
  const since = Date.now() + STRAGGLERS;
  const seen = new Set<string>();
  for (const pid of pids) context.pace(pid, PACE);
  const members = () => pids.flatMap((pid) => pool.get(pid) ?? []);
  const isQuiet = () => {
    for (const one of members()) for (const request of one.requests) seen.add(`${one.pid} ${request.id}`);
    return members().every((one) => one.state === 'idle' || (one.busy === 0 && one.sampledAt >= since)) ? true : null;
  };
  const quiet = await pool.until(isQuiet, Math.max(plan.gracefulTimeout * 1000, 2 * STRAGGLERS), signal);
  if (signal.aborted) return null;
  const cut = quiet ? 0 : members().reduce((sum, one) => sum + one.busy, 0);
  recycle(context, pids, why);
  return {finished: Math.max(0, seen.size - cut), cut};
}

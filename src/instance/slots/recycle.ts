import {kill} from 'node:process';
import type {SlotContext} from './slot-context.ts';

/** Seconds beyond the shutdown timeout after which a process that was told to end is killed. */
const PATIENCE = 2;

/**
 * Ends processes of a slot; Apache puts empty ones in their places. `now` kills: a process that is still importing does not hear signals.
 * @param why in plain words, for the list of restarts.
 */
export function recycle(context: SlotContext, pids: readonly number[], why: string, now = false): void {
  const {bus, plan, pool} = context;
  for (const pid of pids) {
    if (!context.alive(pid)) continue;
    const slot = pool.get(pid)?.slot;
    // While it waits it hears no signals.
    if (pool.get(pid)?.state === 'idle') context.tell(pid, {type: 'release'});
    if (pool.get(pid)?.state === 'ending') continue;
    // It has no request to finish, and is not to take one on its way out.
    const held = pool.get(pid)?.state === 'held';
    pool.ending(pid);
    const inFlight = [...(pool.get(pid)?.requests ?? [])];
    bus.put({
      type: 'restart',
      pid,
      cause: 'reload',
      text: why,
      processGroup: slot ? plan.groups[slot] : '',
      inFlight: now ? [] : inFlight,
      source: 'exit',
    });
    signal(pid, now || held ? 'SIGKILL' : 'SIGTERM');
    if (now || held) continue;
    setTimeout(() => context.alive(pid) && signal(pid, 'SIGKILL'), (plan.shutdownTimeout + PATIENCE) * 1000).unref();
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    kill(pid, name);
  } catch {
    // Gone in this very moment; that is what was wanted.
  }
}

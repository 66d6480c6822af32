import {builtAsset} from '../../express/assets.ts';
import {DashboardChild} from '../dashboard-child.ts';
import type {Signals} from '../signals.ts';
import {observe, type ObservedInstance, type ObserveOptions} from './attach.ts';

/** Milliseconds for a dashboard to leave by itself. */
const LAST_WORDS = 2000;

/**
 * The dashboard on a server that is not ours, until the person leaves or the server is gone for good. Leaving never stops the server.
 * @param signals that this process gets: each of them only ends the look.
 * @returns the exit status, and a last line where there is something to say.
 * @throws Error in one line when there is nothing to look at.
 */
export async function showObserved(
  instance: ObservedInstance,
  options: ObserveOptions,
  signals: Signals,
): Promise<{code: number; text: string | null}> {
  const seen = await observe(instance, options);
  try {
    const readOnly = options.readOnly ? ['--read-only'] : [];
    const child = new DashboardChild(builtAsset('dashboard.mjs'), ['--socket', seen.socket, '--quit', 'detach', ...readOnly]);
    const left = Promise.withResolvers<null>();
    signals(() => left.resolve(null));
    const text = await Promise.race([child.ended.then(() => null), left.promise, seen.finished]);
    // The last state is on the screen for a moment before the screen goes.
    if (text !== null) await Promise.race([child.ended, new Promise((resolve) => setTimeout(resolve, 1500))]);
    const closing = seen.close();
    await child.leave(LAST_WORDS);
    await closing;
    const {code, signal} = await child.ended;
    // That the connection has ended is no failure when it was us who ended it.
    return {code: text !== null || signal !== null ? 0 : (code ?? 1), text};
  } finally {
    await seen.close();
  }
}

import type {Bus} from './bus.ts';

const KEY = 'guard stopped';
/** Milliseconds that the notice stays. */
const SHOWN = 30_000;

/**
 * Continues a guard that somebody has stopped (SIGSTOP): a stopped one forwards no signal, and does
 * not notice that Apache has ended. The readings of the processes tell, within two seconds.
 * @returns the function that ends it.
 */
export function watchGuard(bus: Bus): () => void {
  let clear: NodeJS.Timeout | undefined;
  const unlisten = bus.listen((event) => {
    if (event.type !== 'processes') return;
    const {guardPid} = bus.state().lifecycle;
    if (!event.rows.some(({pid, state}) => pid === guardPid && state === 'T')) return;
    try {
      process.kill(guardPid!, 'SIGCONT');
    } catch {
      return; // it has just ended
    }
    bus.put({type: 'notice', key: KEY, severity: 'warn', text: `the guard (pid ${guardPid}) was stopped by a signal; it runs again`});
    clearTimeout(clear);
    clear = setTimeout(() => bus.put({type: 'notice', key: KEY, severity: 'warn', text: '', cleared: true}), SHOWN);
    clear.unref();
  });
  return () => {
    unlisten();
    clearTimeout(clear);
  };
}

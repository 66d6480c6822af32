import {FORWARDED} from '../instance/signals.ts';

/** Ends as Apache ended: with its status, or by the same signal. */
export function leave(exit: {code: number | null; signal: string | null}): void {
  if (exit.signal !== null) {
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, exit.signal);
  }
  process.exitCode = exit.code ?? 1;
}

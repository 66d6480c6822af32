import {readFileSync} from 'node:fs';

/** Signals that a person or a service manager sends to the supervisor. */
export const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const;
export type Forwarded = (typeof FORWARDED)[number];

/** Calls its argument for each signal, those included that came before. */
export type Signals = (listener: (signal: Forwarded) => void) => void;

/** Catches the signals from now on, so that none is lost (or ends us) before somebody listens. */
export function catchSignals(): Signals {
  const early: Forwarded[] = [];
  let take = (signal: Forwarded): void => void early.push(signal);
  for (const name of FORWARDED) {
    // Started by nohup: a hang-up is to be ignored, and a handler of ours would undo that.
    if (name === 'SIGHUP' && hangUpsIgnored()) continue;
    process.on(name, () => take(name));
  }
  return (listener) => {
    take = listener;
    for (const signal of early.splice(0)) listener(signal);
  };
}

function hangUpsIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

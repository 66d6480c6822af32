import {basename} from 'node:path';

/** Signals that a person or a service manager sends to the supervisor. */
export const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const;
export type Forwarded = (typeof FORWARDED)[number];

/** Calls its argument for each signal, those included that came before. */
export type Signals = (listener: (signal: Forwarded) => void) => void;

/**
 * Milliseconds in which the same demand may come twice and count once. `timeout` signals its child and then the group that the child is in, and
 * npm passes on a Ctrl-C that the terminal has sent to everybody: two of them within a few milliseconds. A person who asks again takes longer.
 */
const SAME_DEMAND = 500;

/**
 * Catches the signals from now on, so that none is lost (or ends us) before somebody listens. A second SIGINT (or SIGTERM) within SAME_DEMAND of one
 * that counted is passed over: to the supervisor, "again" means to kill.
 * @param now milliseconds of a clock that nobody sets.
 */
export function catchSignals(now: () => number = () => performance.now()): Signals {
  const early: Forwarded[] = [];
  let take = (signal: Forwarded): void => void early.push(signal);
  for (const name of FORWARDED) {
    // Started by nohup: a hang-up is to be ignored. Node has set the signal back to its default, which would end us, so it takes a handler.
    const ignored = name === 'SIGHUP' && hangUpsIgnored();
    const stops = name === 'SIGINT' || name === 'SIGTERM';
    let counted = -Infinity;
    process.on(name, () => {
      if (ignored || (stops && now() - counted < SAME_DEMAND)) return;
      counted = now();
      take(name);
    });
  }
  return (listener) => {
    take = listener;
    for (const signal of early.splice(0)) listener(signal);
  };
}

/** Node sets every signal back to its default before we run, so only the trace that a shell leaves in the environment is left. */
function hangUpsIgnored(): boolean {
  return basename(process.env['_'] ?? '') === 'nohup';
}

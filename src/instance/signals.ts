import {basename} from 'node:path';

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
    // Started by nohup: a hang-up is to be ignored. Node has set the signal back to its default, which would end us, so it takes a handler.
    const ignored = name === 'SIGHUP' && hangUpsIgnored();
    process.on(name, () => {
      if (!ignored) take(name);
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

import type {InstanceState} from '../model/state.ts';
import {duration} from '../terminal/format.ts';
import {untilState, type Outcome} from './act.ts';
import type {OpenDeck} from './open-deck.ts';

/** Milliseconds that a restart or reload may take until we say that we do not know how it ends. */
export const PATIENCE = 120_000;

const BUSY = new Set(['starting', 'reloading']);

/** Waits until a server that restarts answers again, and says how. */
export async function settled({deck}: OpenDeck, what: string): Promise<Outcome> {
  const from = Date.now();
  const state = await untilState(deck, ({lifecycle}) => !BUSY.has(lifecycle.phase), PATIENCE);
  if (state === null) return {ok: false, text: unfinished(deck.closed())};
  const {phase, detail} = state.lifecycle;
  if (phase === 'ready')
    return {ok: true, text: `${what}; it answers again after ${duration(Date.now() - from)}${detail === '' ? '' : `: ${detail}`}`};
  return {ok: false, text: `${what}, but it is ${phase}${detail === '' ? '' : `: ${detail}`}${lastProblem(state)}`};
}

/** Why there is no outcome. */
export function unfinished(closed: string | null): string {
  return closed ?? `no answer after ${PATIENCE / 1000} s; wsgideck status tells how it goes on`;
}

/** Unless it has been said. */
function lastProblem({exceptions, lifecycle}: InstanceState): string {
  const last = exceptions.at(-1);
  return last && !lifecycle.detail.includes(last.title) ? ` (${last.title}${last.file ? ` at ${last.file}:${last.line}` : ''})` : '';
}

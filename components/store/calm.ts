import type {InstanceState} from '../../src/model/state.ts';
import type {View} from './ui-state.ts';

/** Parts of the state whose change is shown with the next tick; the others only with the next second. */
const URGENT = [
  'requests',
  'lifecycle',
  'log',
  'notices',
  'captures',
  'reloads',
  'restarts',
  'incidents',
  'verdicts',
  'slots',
  'advice',
  'replay',
  'info',
] as const satisfies (keyof InstanceState)[];

/**
 * Between two states only figures moved (CPU, load, the samples of a server that serves nothing): they can wait for the next full second,
 * which costs a third of drawing each of them as it comes.
 */
export function calm(before: InstanceState | null, after: InstanceState): boolean {
  return before !== null && after.requests.length === 0 && URGENT.every((part) => before[part] === after[part]);
}

/** Of an idle server that nobody touches, figures are drawn every so many seconds. */
export const IDLE_SECONDS = 5;
/** Milliseconds without a key, a request or any news after which that is so. */
const IDLE_AFTER = 10_000;
/** Views whose figures somebody may be watching. */
const FIGURES: ReadonlySet<View> = new Set<View>(['processes', 'terminal']);

/**
 * Nothing is happening, and nothing on the screen counts seconds: a frame in which only the clock is another one costs as much as any.
 * @param quiet milliseconds since the last key or news.
 */
export function idle(state: InstanceState, view: View, quiet: number): boolean {
  return (
    quiet >= IDLE_AFTER &&
    !FIGURES.has(view) &&
    state.lifecycle.phase === 'ready' &&
    state.requests.length === 0 &&
    (state.traffic.at(-1)?.requests ?? 0) === 0 &&
    // Of a server that tells only counters nobody hears of single requests.
    state.scoreboard === undefined &&
    state.replay === undefined &&
    state.agents.every((one) => one.state === 'connected')
  );
}

import type {InstanceState} from '../../src/model/state.ts';

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

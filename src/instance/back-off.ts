/** When to try again after Apache has died unasked, and when to stop trying. Pure. */

/** Milliseconds before the first and further tries. */
const DELAYS = [500, 1000, 2000, 4000, 8000];
/** A run this long forgives earlier failures, in milliseconds. */
const FORGIVEN_AFTER = 60_000;

export interface Failures {
  /** Deaths in a row, none of them forgiven. */
  count: number;
}

export type Verdict =
  | {again: true; failures: Failures; delayMs: number; attempt: number; attempts: number}
  | {again: false; failures: Failures};

export const NO_FAILURES: Failures = {count: 0};

/** @param ranMs how long Apache had run before it died, in milliseconds. */
export function afterDeath(failures: Failures, ranMs: number): Verdict {
  const count = ranMs >= FORGIVEN_AFTER ? 1 : failures.count + 1;
  const delayMs = DELAYS[count - 1];
  return delayMs === undefined
    ? {again: false, failures: {count}}
    : {again: true, failures: {count}, delayMs, attempt: count, attempts: DELAYS.length};
}

import {expect, test} from 'vitest';
import {afterDeath, NO_FAILURES, type Failures} from '../../src/instance/back-off.ts';

test('each death in a row waits longer, and there is an end', () => {
  let failures: Failures = NO_FAILURES;
  const delays: number[] = [];
  for (;;) {
    const verdict = afterDeath(failures, 1000);
    failures = verdict.failures;
    if (!verdict.again) break;
    delays.push(verdict.delayMs);
  }
  expect(delays.length).toBeGreaterThanOrEqual(4);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  expect(new Set(delays).size).toBe(delays.length);
});

test('a long good run forgives what was before', () => {
  expect(afterDeath({count: 5}, 10 * 60_000)).toMatchObject({again: true, attempt: 1});
  expect(afterDeath({count: 5}, 1000)).toMatchObject({again: false});
});

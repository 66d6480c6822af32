import {afterEach, expect, test} from 'vitest';
import {catchSignals, FORWARDED, type Forwarded} from '../../src/instance/signals.ts';

let clock = 0;
let caught: {name: Forwarded; handler: (name: Forwarded) => void}[] = [];

afterEach(() => {
  for (const {name, handler} of caught) process.off(name, handler);
  caught = [];
});

/** Catches signals, on a clock of the test's own. The handlers are called as the process would call them: a real signal would also reach the test's runner. */
function catching() {
  const before = FORWARDED.map((name) => process.listeners(name));
  const signals = catchSignals(() => clock);
  caught = FORWARDED.flatMap((name, index) =>
    process.listeners(name).flatMap((handler) => (before[index]!.includes(handler) ? [] : [{name, handler: handler as never}])),
  );
  expect(caught.map((one) => one.name)).toEqual([...FORWARDED]);
  return signals;
}

function arrive(name: Forwarded, at: number): void {
  clock = at;
  for (const one of caught) if (one.name === name) one.handler(name);
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s: what comes again within half a second counts once, later it counts again', (name) => {
  const got: string[] = [];
  catching()((signal) => got.push(`${signal} ${clock}`));
  for (const at of [1000, 1003, 1499, 1500, 1900, 2001]) arrive(name, at);
  expect(got).toEqual([`${name} 1000`, `${name} 1500`, `${name} 2001`]);
});

test('another signal is another demand', () => {
  const got: string[] = [];
  catching()((signal) => got.push(signal));
  arrive('SIGINT', 10);
  arrive('SIGTERM', 11);
  expect(got).toEqual(['SIGINT', 'SIGTERM']);
});

test('every restart that is asked for is passed on', () => {
  const got: string[] = [];
  catching()((signal) => got.push(signal));
  for (const name of ['SIGHUP', 'SIGHUP', 'SIGUSR1', 'SIGUSR1'] as const) arrive(name, 10);
  expect(got).toEqual(['SIGHUP', 'SIGHUP', 'SIGUSR1', 'SIGUSR1']);
});

test('two that come before somebody listens are one, and the next listener gets none of them again', () => {
  const signals = catching();
  arrive('SIGTERM', 0);
  arrive('SIGTERM', 3);
  const got: string[] = [];
  signals((signal) => got.push(`first ${signal}`));
  signals((signal) => got.push(`second ${signal}`));
  arrive('SIGTERM', 400);
  arrive('SIGTERM', 600);
  expect(got).toEqual(['first SIGTERM', 'second SIGTERM']);
});

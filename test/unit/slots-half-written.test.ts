import {utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {written} from '../../src/instance/slots/half-written.ts';
import {tempDir} from '../support/temp.ts';

const NOW = 1_795_000_000_000;
beforeEach(() => void vi.useFakeTimers({now: NOW}));
afterEach(() => void vi.useRealTimers());

/** A file in a folder of its own, changed so many milliseconds ago. */
function file(text: string, age: number): string {
  const path = join(tempDir(), 'shop.py');
  put(path, text, age);
  return path;
}

function put(path: string, text: string, age: number): void {
  writeFileSync(path, text);
  utimesSync(path, (NOW - age) / 1000, (NOW - age) / 1000);
}

/** Whether the wait for these files is over, now and later. */
function waitFor(...paths: string[]): () => boolean {
  let over = false;
  void written(paths).then(() => (over = true));
  return () => over;
}

test('a file that was just emptied is waited for until it is written', async () => {
  const path = file('', 0);
  const over = waitFor(file('A = 1\n', 0), path);
  await vi.advanceTimersByTimeAsync(50);
  expect(over()).toBe(false);
  put(path, 'B = 2\n', 0);
  await vi.advanceTimersByTimeAsync(10);
  expect(over()).toBe(true);
});

test('one that is meant to be empty is not waited for long, one that was empty before or is gone not at all', async () => {
  const over = waitFor(file('', 0));
  await vi.advanceTimersByTimeAsync(190);
  expect(over()).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect(over()).toBe(true);
  const others = waitFor(file('', 300), join(tempDir(), 'gone.py'), tempDir());
  await vi.advanceTimersByTimeAsync(0);
  expect(others()).toBe(true);
  // A clock that is behind the file's: not for ever.
  const ahead = waitFor(file('', -60_000));
  await vi.advanceTimersByTimeAsync(220);
  expect(ahead()).toBe(true);
});

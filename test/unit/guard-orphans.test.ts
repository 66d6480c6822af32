import {afterEach, beforeAll, expect, test} from 'vitest';
import {buildGuard, Guarded, pythonChild} from '../fixtures/guard/guarded.ts';
import {alive, processInfo} from '../support/processes.ts';
import {until} from '../support/wait.ts';

let guard: string;
let run: Guarded;

beforeAll(() => {
  guard = buildGuard();
});

afterEach(() => run.dispose());

async function start(options: string[], ...words: string[]): Promise<void> {
  run = new Guarded((self) => [guard, '--status', self.statusFile, ...options, '--', ...pythonChild(self.log, ...words)]);
  await run.line('ready');
}

test('kill -9 of the program: children and strays in other sessions go too', async () => {
  await start([], 'kin');
  const kin = [await run.logged('plain'), await run.logged('stray')];
  // The stray's own parent has gone: the guard has adopted it.
  expect(processInfo(kin[1] ?? 0)?.ppid).toBe(run.pid);
  expect(kin.map(alive)).toEqual([true, true]);
  process.kill(await run.programPid(), 'SIGKILL');
  expect(await run.ended()).toEqual({code: null, signal: 'SIGKILL'});
  expect(run.left()).toEqual([]);
  expect(run.status()).toEqual(['guard', 'started', 'orphans 2', 'signalled 9']);
});

test('an orderly end: those left behind go too, and the status stays the truth', async () => {
  await start([], 'kin');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.left()).toEqual([]);
  expect(run.status()).toEqual(['guard', 'started', 'asked TERM', 'orphans 2', 'exited 0']);
});

test('one that ignores TERM is killed', async () => {
  await start([], 'stubborn');
  await run.line('stubborn-ready');
  process.kill(await run.programPid(), 'SIGKILL');
  expect(await run.ended()).toEqual({code: null, signal: 'SIGKILL'});
  expect(run.left()).toEqual([]);
});

test('one that forks while it is being ended does not get away', async () => {
  await start([], 'forker');
  await run.line('forker-ready');
  process.kill(await run.programPid(), 'SIGKILL');
  expect(await run.ended()).toEqual({code: null, signal: 'SIGKILL'});
  expect(run.lines().some((line) => line.startsWith('heir '))).toBe(true);
  expect(run.left()).toEqual([]);
});

test('one that is always another process is caught', async () => {
  await start([], 'hopper');
  await run.line('hopper-ready');
  process.kill(await run.programPid(), 'SIGKILL');
  expect(await run.ended()).toEqual({code: null, signal: 'SIGKILL'});
  expect(run.left()).toEqual([]);
  expect(run.lines()).not.toContain('hopper-free');
  expect(run.status().at(-1)).toBe('signalled 9');
  expect(run.status().some((line) => line.startsWith('left-behind'))).toBe(false);
});

test('after the grace time everything is killed, whatever group it is in', async () => {
  await start(['--grace', '0.2'], 'ignore=TERM', 'kin', 'stubborn');
  await run.line('stubborn-ready');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: null, signal: 'SIGKILL'});
  expect(run.left()).toEqual([]);
  expect(run.status()).toEqual(['guard', 'started', 'asked TERM', 'killed-after-grace', 'signalled 9']);
});

test('a stray that ends while the program runs is reaped', async () => {
  await start([], 'kin');
  const stray = await run.logged('stray');
  process.kill(stray, 'SIGKILL');
  await until('no zombie', () => processInfo(stray) === null);
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
});

test('kill -9 of the guard: the kernel tells the program to stop', async () => {
  await start([]);
  process.kill(run.pid, 'SIGKILL');
  await run.line('got TERM');
  expect(await until('the end of the program', () => run.left().length === 0)).toBe(true);
});

import {readFileSync} from 'node:fs';
import {afterEach, beforeAll, expect, test} from 'vitest';
import {buildGuard, Guarded, pythonChild} from '../fixtures/guard/guarded.ts';
import {until} from '../support/wait.ts';

let guard: string;
let run: Guarded;

beforeAll(() => {
  guard = buildGuard();
});

afterEach(() => run.dispose());

function start(options: string[], ...words: string[]): Guarded {
  run = new Guarded((self) => [guard, '--status', self.statusFile, ...options, '--', ...pythonChild(self.log, ...words)]);
  return run;
}

/** Has the guard taken every signal that was sent to it so far? (It would take a lower number first.) */
async function nothingPending(pid: number): Promise<void> {
  await until('the guard to take its signals', () => /^ShdPnd:\s*0+$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
}

test('HUP and USR1 are passed on and the program goes on; TERM stops it', async () => {
  start([]);
  await run.line('ready');
  process.kill(run.pid, 'SIGHUP');
  await run.line('got HUP');
  process.kill(run.pid, 'SIGUSR1');
  await run.line('got USR1');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.lines().slice(-4)).toEqual(['got HUP', 'got USR1', 'got TERM', 'bye']);
  expect(run.status()).toEqual(['guard', 'started', 'asked HUP', 'asked USR1', 'asked TERM', 'exited 0']);
});

test('INT is passed on as INT', async () => {
  start([]);
  await run.line('ready');
  process.kill(run.pid, 'SIGINT');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.lines()).toContain('got INT');
});

test('QUIT stops the program with TERM instead of ending the guard', async () => {
  start([]);
  await run.line('ready');
  process.kill(run.pid, 'SIGQUIT');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.lines()).toContain('got TERM');
});

test('a storm of WINCH reaches nobody', async () => {
  start([]);
  await run.line('ready');
  for (let i = 0; i < 200; i++) process.kill(run.pid, 'SIGWINCH');
  await nothingPending(run.pid);
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.lines()).not.toContain('got WINCH');
});

test('USR2 becomes WINCH and has no time limit', async () => {
  start(['--grace', '0.05'], 'graceful');
  await run.line('ready');
  process.kill(run.pid, 'SIGUSR2');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.lines().slice(-2)).toEqual(['got WINCH', 'bye']);
  expect(run.status()).toEqual(['guard', 'started', 'asked graceful-stop', 'exited 0']);
});

test('a TERM after USR2 has a time limit', async () => {
  start(['--grace', '0.3'], 'ignore=TERM');
  await run.line('ready');
  process.kill(run.pid, 'SIGUSR2');
  await run.line('got WINCH');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: null, signal: 'SIGKILL'});
  expect(run.status()).toEqual(['guard', 'started', 'asked graceful-stop', 'asked TERM', 'killed-after-grace', 'signalled 9']);
  expect(run.left()).toEqual([]);
});

test.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('%s waits for a program that cannot handle it yet', async (name) => {
  start([], 'late=0.5');
  await run.line('early');
  process.kill(run.pid, name);
  await run.line({SIGHUP: 'got HUP', SIGUSR1: 'got USR1', SIGUSR2: 'got WINCH'}[name]);
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
});

test('signals that mean nothing here do not end the guard', async () => {
  start([]);
  await run.line('ready');
  for (const name of ['SIGALRM', 'SIGPIPE', 'SIGTSTP', 'SIGTTIN', 'SIGPROF', 'SIGIO'] as const) process.kill(run.pid, name);
  process.kill(run.pid, 'SIGHUP');
  await run.line('got HUP');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
});

test('a stopped program is continued so that it can obey TERM', async () => {
  start(['--grace', '60']);
  await run.line('ready');
  process.kill(await run.programPid(), 'SIGSTOP');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
});

test('the program leads a process group of its own', async () => {
  start([]);
  await run.line('ready');
  expect(await run.logged('group')).toBe(await run.programPid());
  process.kill(run.pid, 'SIGTERM');
  await run.ended();
});

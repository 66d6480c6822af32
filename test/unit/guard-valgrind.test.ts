import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeAll, expect, test} from 'vitest';
import {buildGuard, Guarded, ownerCommand, pythonChild} from '../fixtures/guard/guarded.ts';
import {until} from '../support/wait.ts';

let guard: string;
let run: Guarded;
/** Not 125 to 127, which the guard itself uses. */
const FOUND = 99;

beforeAll(() => {
  if (spawnSync('valgrind', ['--version']).status !== 0) throw new Error('valgrind is missing; install it with: apt-get install valgrind');
  guard = buildGuard('debug');
});

afterEach(() => run.dispose());

const report = (): string => join(run.folder, 'valgrind');

function valgrind(self: Guarded, options: string[], program: string[]): string[] {
  const checks = [
    `--error-exitcode=${FOUND}`,
    '--leak-check=full',
    '--show-leak-kinds=all',
    '--errors-for-leak-kinds=all',
    '--track-fds=yes',
  ];
  const quiet = ['--child-silent-after-fork=yes', `--log-file=${join(self.folder, 'valgrind')}`];
  return ['valgrind', ...checks, ...quiet, guard, '--status', self.statusFile, ...options, '--', ...program];
}

/** Nothing wrong, nothing leaked, and no descriptor open but 0, 1 and 2. Valgrind 3.24 counts an open descriptor among the errors. */
function expectClean(): void {
  const text = readFileSync(report(), 'utf8');
  expect(text).toContain('ERROR SUMMARY: 0 errors from 0 contexts');
  expect(text).toMatch(/All heap blocks were freed|in use at exit: 0 bytes/);
  const open = [...text.matchAll(/Open (?:file descriptor \d+: (.*)|.* socket .*)/g)].map((found) => found[1] ?? 'socket');
  expect(open.filter((path) => path !== report() && !path.startsWith('/dev/'))).toEqual([]);
}

test('signals, kin and strays, an orderly end', async () => {
  run = new Guarded((self) => valgrind(self, [], pythonChild(self.log, 'kin')));
  await run.line('ready');
  process.kill(run.pid, 'SIGHUP');
  await run.line('got HUP');
  process.kill(run.pid, 'SIGWINCH');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  // Valgrind does not know pidfd_getfd: an Apache would be told to close its ports itself.
  expect(run.lines().filter((line) => line === 'got WINCH').length).toBeLessThanOrEqual(1);
  expect(run.status()).toEqual(['guard', 'started', 'asked HUP', 'asked TERM', 'orphans 2', 'exited 0']);
  expectClean();
});

test('a program that cannot be run', async () => {
  run = new Guarded((self) => valgrind(self, [], ['/nowhere/httpd']));
  expect(await run.ended()).toEqual({code: 127, signal: null});
  expectClean();
});

test('a signal held back, then a graceful stop', async () => {
  run = new Guarded((self) => valgrind(self, [], pythonChild(self.log, 'late=0.5', 'graceful')));
  await run.line('early');
  process.kill(run.pid, 'SIGUSR2');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.lines().slice(-2)).toEqual(['got WINCH', 'bye']);
  expectClean();
});

test('kill -9 of the program, with one that forks and one that ignores TERM', async () => {
  run = new Guarded((self) => valgrind(self, [], pythonChild(self.log, 'forker', 'stubborn')));
  await run.line('forker-ready');
  await run.line('stubborn-ready');
  process.kill(await run.programPid(), 'SIGKILL');
  await run.ended();
  expect(run.status().at(-1)).toBe('signalled 9');
  expect(run.left()).toEqual([]);
  expectClean();
});

test('the grace time passes and everything is killed', async () => {
  run = new Guarded((self) => valgrind(self, ['--grace', '0.3'], pythonChild(self.log, 'ignore=TERM', 'kin')));
  await run.line('ready');
  process.kill(run.pid, 'SIGINT');
  await run.ended();
  expect(run.left()).toEqual([]);
  expectClean();
});

test('hang-up of the terminal', async () => {
  run = new Guarded((self) => [...ownerCommand('tty'), ...valgrind(self, [], pythonChild(self.log))]);
  await run.line('ready');
  await until("the guard's pid", () => run.output.includes('\n'));
  run.process.stdin?.write('close\n');
  await run.ended();
  expect(run.output).toContain('ended 0');
  expect(run.status()).toEqual(['guard', 'started', 'hangup', 'exited 0']);
  expectClean();
});

test('death of the parent', async () => {
  run = new Guarded((self) => [...ownerCommand('plain'), ...valgrind(self, [], pythonChild(self.log))]);
  await run.line('ready');
  process.kill(run.pid, 'SIGKILL');
  await until('everything to end', () => run.left().length === 0, 40_000);
  expect(run.status()).toEqual(['guard', 'started', 'parent-died', 'exited 0']);
  expectClean();
});

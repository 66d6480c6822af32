/** What is left of the guard without the Linux calls (as on macOS), built and run here. */
import {spawnSync} from 'node:child_process';
import {afterEach, beforeAll, expect, test} from 'vitest';
import {buildGuard, Guarded, ownerCommand, pythonChild} from '../fixtures/guard/guarded.ts';

let guard: string;
let run: Guarded;

beforeAll(() => {
  guard = buildGuard('all', 'EXTRA_DEFS=-DGUARD_PORTABLE');
});

afterEach(() => run.dispose());

function start(options: string[], ...words: string[]): void {
  run = new Guarded((self) => [guard, '--status', self.statusFile, ...options, '--', ...pythonChild(self.log, ...words)]);
}

test('signals pass, WINCH does not, and the status is the program’s', async () => {
  start([]);
  await run.line('ready');
  process.kill(run.pid, 'SIGWINCH');
  process.kill(run.pid, 'SIGHUP');
  await run.line('got HUP');
  process.kill(run.pid, 'SIGUSR1');
  await run.line('got USR1');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.lines()).not.toContain('got WINCH');
});

test('the grace time passes and the group is killed', async () => {
  start(['--grace', '0.2'], 'ignore=TERM');
  await run.line('ready');
  process.kill(run.pid, 'SIGTERM');
  expect(await run.ended()).toEqual({code: null, signal: 'SIGKILL'});
  expect(run.left()).toEqual([]);
});

test('hang-up of the terminal is told from a requested HUP', async () => {
  run = new Guarded((self) => [...ownerCommand('tty'), guard, '--status', self.statusFile, '--', ...pythonChild(self.log)]);
  await run.line('ready');
  process.kill(Number.parseInt(run.output, 10), 'SIGHUP');
  await run.line('got HUP');
  run.process.stdin?.write('close\n');
  await run.ended();
  expect(run.lines().filter((line) => line.startsWith('got '))).toEqual(['got HUP', 'got TERM']);
  expect(run.status()).toEqual(['guard', 'started', 'asked HUP', 'hangup', 'exited 0']);
});

test('it says what it lacks', async () => {
  start([]);
  await run.line('ready');
  process.kill(run.pid, 'SIGTERM');
  await run.ended();
  const {stdout} = spawnSync(guard, ['--capabilities'], {encoding: 'utf8'});
  expect(stdout).toContain('platform: portable subset\n');
  expect(stdout).toContain("ended only while they are in PROGRAM's process group");
});

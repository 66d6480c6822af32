import {readFileSync} from 'node:fs';
import {afterEach, beforeAll, expect, test} from 'vitest';
import {buildGuard, Guarded, ownerCommand, pythonChild} from '../fixtures/guard/guarded.ts';
import {until} from '../support/wait.ts';

let guard: string;
let run: Guarded;

beforeAll(() => {
  guard = buildGuard();
});

afterEach(() => run.dispose());

/** The guard under an owner that can be killed, or told to close its side of the terminal. */
async function own(mode: 'tty' | 'plain' | 'kept', options: string[], ...words: string[]): Promise<number> {
  run = new Guarded((self) => {
    const guarded = [guard, '--status', self.statusFile, ...options, '--', ...pythonChild(self.log, ...words)];
    return [...ownerCommand(mode), ...guarded];
  });
  await run.line('ready');
  await until("the guard's pid", () => run.output.includes('\n'));
  return Number.parseInt(run.output, 10);
}

const closeTerminal = (): void => void run.process.stdin?.write('close\n');
const nothingLeft = (): Promise<boolean> => until('everything to end', () => run.left().length === 0, 40_000);

test('hang-up of the terminal stops the program with TERM, not HUP', async () => {
  await own('tty', []);
  closeTerminal();
  expect(await run.ended()).toEqual({code: 0, signal: null});
  expect(run.output).toContain('ended 0');
  expect(run.lines()).toContain('got TERM');
  expect(run.lines()).not.toContain('got HUP');
  expect(run.status()).toEqual(['guard', 'started', 'hangup', 'exited 0']);
});

test('a lent terminal that hangs up ends the questions and not the program: HUP is passed on, the death of the parent stops it', async () => {
  const pid = await own('tty', ['--lent']);
  closeTerminal();
  await until('the hang-up in the status file', () => run.status().includes('terminal-back'));
  expect(
    readFileSync(`/proc/${await run.programPid()}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[4],
  ).toBe('0');
  process.kill(pid, 'SIGHUP');
  await run.line('got HUP');
  process.kill(run.pid, 'SIGKILL');
  await nothingLeft();
  expect(run.lines().filter((line) => line.startsWith('got '))).toEqual(['got HUP', 'got TERM']);
});

test('a requested HUP on a terminal is passed on', async () => {
  const pid = await own('tty', []);
  process.kill(pid, 'SIGHUP');
  await run.line('got HUP');
  expect(run.status()).toEqual(['guard', 'started', 'asked HUP']);
  closeTerminal();
  await run.ended();
  expect(run.status()).toEqual(['guard', 'started', 'asked HUP', 'hangup', 'exited 0']);
});

test('a program that ignores it is killed after the grace time, with its strays', async () => {
  await own('tty', ['--grace', '0.3'], 'ignore=TERM', 'kin');
  closeTerminal();
  await run.ended();
  expect(run.output).toContain('ended -9');
  expect(run.left()).toEqual([]);
  expect(run.status()).toEqual(['guard', 'started', 'hangup', 'killed-after-grace', 'signalled 9']);
});

test('death of the parent without a terminal stops the program', async () => {
  await own('plain', []);
  process.kill(run.pid, 'SIGKILL');
  await nothingLeft();
  expect(run.lines()).toContain('got TERM');
  expect(run.status()).toEqual(['guard', 'started', 'parent-died', 'exited 0']);
});

test('death of the parent on a terminal stops the program', async () => {
  await own('tty', [], 'kin');
  process.kill(run.pid, 'SIGKILL');
  await nothingLeft();
  expect(run.lines().filter((line) => line.startsWith('got '))).toEqual(['got TERM']);
});

test('death of the parent is noticed although another process keeps the terminal open', async () => {
  await own('kept', []);
  process.kill(run.pid, 'SIGKILL');
  await run.line('bye');
  await until('the end in the status file', () => run.status().at(-1) === 'exited 0');
  expect(run.status()).toEqual(['guard', 'started', 'parent-died', 'exited 0']);
});

test('after the death of the parent the grace time applies', async () => {
  await own('plain', ['--grace', '0.3'], 'ignore=TERM', 'stubborn');
  await run.line('stubborn-ready');
  process.kill(run.pid, 'SIGKILL');
  await nothingLeft();
  expect(run.status()).toEqual(['guard', 'started', 'parent-died', 'killed-after-grace', 'signalled 9']);
});

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {spawn, type IPty} from 'node-pty';
import {afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {buildGuard, pythonChild} from '../fixtures/guard/guarded.ts';
import {killAll, withEnvironment} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

let guard: string;
let folder: string;
let terminal: IPty;
let output: string;
let exit: {exitCode: number; signal?: number} | null;

beforeAll(() => {
  guard = buildGuard();
});

beforeEach(() => {
  folder = tempDir();
});

const left = () => withEnvironment('TERMINAL_TEST', folder);

afterEach(async () => {
  for (let rest = left(); rest.length > 0; rest = left()) await killAll(rest);
});

function open(options: string[], program: string[]): void {
  output = '';
  exit = null;
  const args = ['--status', join(folder, 'status'), ...options, '--', ...program];
  const mine = spawn(guard, args, {cols: 80, rows: 24, cwd: folder, env: {...process.env, TERMINAL_TEST: folder}});
  terminal = mine;
  mine.onData((text) => (output += text));
  mine.onExit((how) => {
    if (mine === terminal) exit = how;
  });
}

const log = (): string[] => readFileSync(join(folder, 'log'), 'utf8').split('\n');
const logged = (line: string) => until(`${line} in the log`, () => log().includes(line), 40_000);

test("real resizes of the terminal do not reach the program, and Ctrl-C is the guard's to pass on", async () => {
  open([], pythonChild(join(folder, 'log')));
  await logged('ready');
  for (let i = 0; i < 200; i++) terminal.resize(60 + (i % 50), 20 + (i % 7));
  process.kill(terminal.pid, 'SIGHUP');
  await logged('got HUP');
  terminal.write('\x03');
  await until('the end', () => exit);
  expect(exit).toMatchObject({exitCode: 0});
  expect(log().filter((line) => line.startsWith('got '))).toEqual(['got HUP', 'got INT']);
});

test('with --foreground the program reads the keyboard and gets Ctrl-C itself', async () => {
  const program = 'trap "echo interrupted" INT; echo "asking"; read answer; echo "answer=$answer"; read more; echo over';
  open(['--foreground'], ['bash', '-c', program]);
  await until('the question', () => output.includes('asking'));
  terminal.write('yes\r');
  await until('the answer', () => output.includes('answer=yes'));
  terminal.write('\x03');
  await until('the interrupt', () => output.includes('interrupted'));
  terminal.write('\r');
  await until('the end', () => exit);
  expect(exit).toMatchObject({exitCode: 0});
  // The guard was not asked: the terminal had told the program directly.
  expect(readFileSync(join(folder, 'status'), 'utf8')).not.toContain('asked');
});

test('with --foreground Ctrl-Z and Ctrl-\\ are letters: nobody could continue a stopped server', async () => {
  open(['--foreground'], ['bash', '-c', 'stty -icanon -echo; echo asking; read -r -N 2 keys; printf "%q over\\n" "$keys"']);
  await until('the question', () => output.includes('asking'));
  terminal.write('\x1a\x1c');
  await until('the answer', () => output.includes("$'\\032\\034' over"));
  await until('the end', () => exit);
  expect(exit).toMatchObject({exitCode: 0});
});

test('without it the program has no terminal to read: standard input is empty, /dev/tty is none, and reading its output ends at once', async () => {
  const ask = 'read answer; echo "input $?"; read answer <&1; echo "output $?"; read answer 2>/dev/null </dev/tty; echo "tty $?"; ';
  open([], ['sh', '-c', `${ask} set -- $(cut -d" " -f6-7 /proc/$$/stat); echo "session $1 of $$ terminal $2"`]);
  await until('the end', () => exit);
  expect(exit).toMatchObject({exitCode: 0});
  expect(output.replaceAll('\r', '')).toMatch(/^input 1\noutput 1\ntty [12]\nsession (\d+) of \1 terminal 0\n$/);
});

test('a program that was stopped still ends when told', async () => {
  open(['--grace', '60'], ['sh', '-c', 'echo waiting; kill -STOP $$; echo never']);
  await until('the program', () => output.includes('waiting'));
  const pid = Number(/^started (\d+)/m.exec(readFileSync(join(folder, 'status'), 'utf8'))?.[1]);
  await until('it to be stopped', () => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  process.kill(terminal.pid, 'SIGTERM');
  await until('the end', () => exit);
  expect(exit).toMatchObject({signal: 15});
  expect(output).not.toContain('never');
});

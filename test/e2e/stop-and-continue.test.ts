import {execFileSync} from 'node:child_process';
import {readlinkSync, writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {processInfo} from '../support/processes.ts';
import {until} from '../support/wait.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

/** What a shell does to a terminal that it has taken back from a stopped job: its own modes, the normal screen, a prompt. */
const SHELL = '\u001b[?1000l\u001b[?1006l\u001b[?2004l\u001b[?1049l\u001b[?25h\r\n[1]+ Stopped\r\n$ ls\r\ngarbage garbage\r\n$ fg\r\n';

test.each(columns().slice(0, 1))('after the whole job was stopped and goes on, screen and keys are right again ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'tty', cols: 100, rows: 30});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  const dashboard = deck.processes().find((one) => one.command.includes('dashboard.mjs'))!.pid;
  const path = readlinkSync(`/proc/${dashboard}/fd/0`);
  const modes = () => execFileSync('stty', ['-a', '-F', path], {encoding: 'utf8'});
  expect(modes()).toMatch(/-icanon/);
  const job = [deck.pid, dashboard];

  for (const pid of job) process.kill(pid, 'SIGSTOP');
  await until('both to stand still', () => job.every((pid) => processInfo(pid)?.state === 'T'));
  execFileSync('stty', ['sane', '-F', path]);
  writeFileSync(path, SHELL);
  await tty.waitFor(/garbage/);
  expect(tty.alternate).toBe(false);
  expect(modes()).toMatch(/ icanon/);

  for (const pid of job) process.kill(pid, 'SIGCONT');
  const screen = await tty.waitFor((text) => /ready/.test(text) && /1 Overview/.test(text) && /q quit/.test(text));
  expect(screen).not.toMatch(/garbage|Stopped/);
  expect(screen.split('\n')).toHaveLength(30);
  expect(tty.alternate).toBe(true);
  await until('raw mode', () => / -icanon/.test(modes()) && / -echo /.test(modes()));
  // A key without a line's end arrives, and the mouse is reported: tab 5 of the second row.
  tty.press('3');
  await tty.waitFor(/no stacks taken yet/);
  const x = tty.lines()[1]!.indexOf('5 Processes');
  expect(tty.terminal.modes.mouseTrackingMode).toBe('vt200');
  tty.press(`\u001b[<0;${x + 1};2M`);
  await tty.waitFor(/daemon +\d+/);
  expect(tty.screen()).not.toMatch(/garbage/);
  await deck.stop();
  expect(tty.alternate).toBe(false);
});

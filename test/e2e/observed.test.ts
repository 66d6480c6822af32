import {readdirSync} from 'node:fs';
import {resolve} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {startByHand} from '../fixtures/observed/original-by-hand.ts';
import {startSystem} from '../fixtures/observed/system-apache.ts';
import {columns} from '../support/mod-wsgi.ts';
import {alive} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {KEY, Tty} from '../support/tty.ts';
import {until} from '../support/wait.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');

const screens: Tty[] = [];

afterAll(() => {
  for (const one of screens) one.dispose();
});

/** `wsgideck attach` on a terminal, with a temporary folder of its own. */
function attach(pid: number, ...args: string[]): {tty: Tty; place: string} {
  const place = tempDir();
  const tty = new Tty(process.execPath, [PROGRAM, 'attach', String(pid), ...args], {cols: 130, rows: 36, env: {TMPDIR: place}});
  screens.push(tty);
  return {tty, place};
}

/** What is ours in a temporary folder; node keeps its compiled code there, too. */
const ours = (place: string) => readdirSync(place).filter((name) => name.startsWith('wsgideck'));

test('a system Apache: its groups, its requests, a daemon that is killed; two screens, one leaves, then the other, and it runs on', async () => {
  const apache = await startSystem({modulePath: columns()[0]!.modulePath});
  const {tty, place} = attach(apache.pid);
  await tty.waitFor(/ready/);
  const other = attach(apache.pid, '--read-only');
  await other.tty.waitFor(/ready/);

  const slow = apache.get('second', '/slow?6', {timeout: 20_000});
  tty.press('2');
  await tty.waitFor((screen) => screen.split('\n').some((row) => /GET +\/slow\?6/.test(row)));
  tty.press('5');
  await tty.waitFor(/2 process groups +first 2 × 3.*second 1 × 4/);
  const rows = (await tty.waitFor(/daemon +\d+.*second/)).split('\n').filter((row) => /^[› ]daemon/.test(row));
  expect(ours(place)).toHaveLength(1);
  expect(rows.map((row) => row.trim().split(/\s+/).at(-1))).toEqual(['first', 'first', 'second']);
  expect((await slow).status).toBe(200);

  process.kill(Number(/daemon +(\d+)/.exec(rows[0]!)![1]), 'SIGKILL');
  await tty.waitFor(/1 process has gone[\s\S]*killed by SIGKILL/);

  other.tty.press('R');
  await other.tty.waitFor(/only look|read-only/);
  other.tty.press('q');
  expect((await other.tty.waitExit()).exitCode).toBe(0);
  expect(ours(other.place)).toEqual([]);

  await apache.get('first', '/error');
  tty.press('4');
  await tty.waitFor(/ValueError: told to fail/);
  tty.press(KEY.ctrlC);
  expect((await tty.waitExit()).exitCode).toBe(0);
  expect(tty.alternate).toBe(false);
  expect(ours(place)).toEqual([]);
  expect((await apache.get('first', '/')).status).toBe(200);
  await apache.stop();
});

test('the original: stopped from the screen, after a question', async () => {
  const original = await startByHand(['--access-log']);
  const {tty, place} = attach(original.apachePid);
  await tty.waitFor(/ready.*127\.0\.0\.1/);
  await original.get('/seen');
  tty.press('4');
  await tty.waitFor(/GET \/seen/);
  tty.press(':');
  await tty.waitFor(/type some letters/);
  tty.press('stop');
  await tty.waitFor(/› *stop +stop gracefully/);
  tty.press(KEY.enter);
  await tty.waitFor(/Stop the server\?/);
  tty.press('y');
  await until('its end', () => !alive(original.apachePid), 40_000);
  expect((await tty.waitExit()).exitCode).toBe(0);
  expect(tty.raw).toContain('Apache has stopped, as asked');
  expect(ours(place)).toEqual([]);
});

import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {DEMO, express, folderOf, newest, ready, startOriginal} from '../fixtures/run/original.ts';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const LAUNCHERS: [string, string[]][] = [
  ['the original itself', []],
  ['a launcher that waits for it', ['timeout', '600']],
];

const answersAgain = (deck: RunningDeck) =>
  expect.poll(() => deck.get('/health').then(({status}) => status, () => 0), {timeout: 60_000}).toBe(200); // prettier-ignore

test.each(LAUNCHERS)('kill -9 of the supervisor leaves nothing running; the next run clears up its folder: %s', async (_, launcher) => {
  // Whatever else runs here would clear up a common folder first.
  const env = {TMPDIR: tempDir()};
  const deck = await startOriginal({launcher, env});
  await ready(deck);
  const folder = folderOf(deck);
  deck.signal('SIGKILL');
  await deck.waitExit();
  await deck.waitGone(40_000);
  await expect(deck.get('/health')).rejects.toThrow(/ECONN/);
  expect(existsSync(folder)).toBe(true);
  const next = await startOriginal({env});
  expect(existsSync(folder)).toBe(false);
  await next.stop();
});

test('kill -9 of Apache, guard and supervisor at once: the next run says what is left, and stop ends it', async () => {
  const env = {TMPDIR: tempDir()};
  const deck = await startOriginal({env});
  const apache = await ready(deck);
  const {guardPid} = await deck.waitEvent('launched');
  const folder = folderOf(deck);
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of [deck.pid, guardPid, apache]) process.kill(pid, signal);
  await deck.waitExit();
  expect((await deck.get('/health')).status).toBe(200);
  const next = await startOriginal({env});
  await ready(next);
  expect(next.output()).toContain(`wsgideck stop ${folder}`);
  await next.stop();
  expect((await command(['stop', folder])).stdout).toContain('ended');
  expect(deck.processes()).toEqual([]);
});

test.each(LAUNCHERS)('kill -9 of the parent of Apache: nothing of it lives on, and a new one answers: %s', async (_, launcher) => {
  const deck = await startOriginal({launcher});
  const apache = await ready(deck);
  const {guardPid} = await deck.waitEvent('launched');
  const before = deck.processes().map((one) => one.pid);
  process.kill(apache, 'SIGKILL');
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid && event.apachePid !== null, 30_000);
  await answersAgain(deck);
  const now = new Set(deck.processes().map((one) => one.pid));
  expect(before.filter((pid) => now.has(pid))).toEqual([deck.pid]);
  await deck.stop();
});

test('kill -9 of a launcher: its Apache goes with it, and a new one answers', async () => {
  const deck = await startOriginal({launcher: ['timeout', '600']});
  const apache = await ready(deck);
  const {guardPid} = await deck.waitEvent('launched');
  const {rows} = await deck.waitEvent('processes', (event) => event.rows.some((row) => row.label === 'timeout'));
  process.kill(rows.find((row) => row.label === 'timeout')!.pid, 'SIGKILL');
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid && event.apachePid !== null, 30_000);
  await answersAgain(deck);
  expect(deck.processes().some((one) => one.pid === apache)).toBe(false);
  await deck.stop();
});

test('kill -9 of the guard: the old Apache is gone, and a new one answers', async () => {
  const deck = await startOriginal();
  const apache = await ready(deck);
  const {guardPid} = await deck.waitEvent('launched');
  process.kill(guardPid, 'SIGKILL');
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid && event.apachePid !== null, 30_000);
  await answersAgain(deck);
  expect(deck.processes().some((one) => one.pid === apache)).toBe(false);
  await deck.stop();
});

test('a launcher that does not notice the death of its Apache, and hides it, is ended too', async () => {
  const folder = tempDir();
  const launcher = join(folder, 'launch');
  writeFileSync(launcher, '#!/bin/sh\n"$@" &\nwhile :; do sleep 1; done\n');
  chmodSync(launcher, 0o755);
  const deck = await startOriginal({launcher: [launcher]});
  const apache = await ready(deck);
  const {guardPid} = await deck.waitEvent('launched');
  process.kill(apache, 'SIGKILL');
  const {detail} = await deck.waitEvent('phase', (event) => event.attempt === 1, 30_000);
  expect(detail).toMatch(/what had started it did not notice/);
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid && event.apachePid !== null, 30_000);
  await answersAgain(deck);
  await deck.stop();
});

test('the terminal is closed: Apache is stopped; under the original it would be restarted and live on', async () => {
  const deck = await startOriginal({mode: 'tty'});
  await deck.tty.waitFor(/ready/);
  deck.tty.hangUp();
  await deck.waitGone(40_000);
  await expect(deck.get('/health')).rejects.toThrow(/ECONN/);
});

test('a port in use: the words of Apache and its status, which the original hides on a terminal', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as {port: number};
  const deck = await startOriginal({mode: 'plain', probe: null, args: ['--port', String(port)]});
  expect(await deck.waitExit()).toEqual({code: 1, signal: null});
  await deck.waitGone();
  expect(deck.output()).toMatch(/Address already in use/);
  // Whether Apache was seen before it gave up is a matter of milliseconds.
  expect(deck.output()).toMatch(/wsgideck: error: .*with status 1/);
  await new Promise((resolve) => server.close(resolve));
});

test('what the original itself refuses is shown in its words, with its status', async () => {
  const deck = await startOriginal({mode: 'plain', probe: null, args: ['--no-such-option']});
  expect(await deck.waitExit()).toEqual({code: 2, signal: null});
  await deck.waitGone();
  expect(deck.output()).toMatch(/no such option: --no-such-option/);
  expect(deck.output()).toMatch(/mod_wsgi-express start-server ended with status 2 before anything was served/);
});

test('stopped before there is an Apache: the command ends, silently, and nothing stays', async () => {
  const folder = tempDir();
  const launcher = join(folder, 'launch');
  writeFileSync(launcher, '#!/bin/sh\ntouch "$0.started"\nexec sleep 1000\n');
  chmodSync(launcher, 0o755);
  const deck = await startOriginal({mode: 'plain', probe: null, launcher: [launcher]});
  await until('the launcher', () => existsSync(`${launcher}.started`));
  deck.signal('SIGTERM');
  expect(await deck.waitExit()).toEqual({code: null, signal: 'SIGTERM'});
  await deck.waitGone();
  expect(deck.output()).not.toMatch(/error/);
});

test('an Apache that cannot stay up is given up, with its own end; nothing of ours stays', async () => {
  const deck = await startOriginal();
  let apache = await ready(deck);
  const folder = folderOf(deck);
  for (let n = 1; n <= 6; n++) {
    process.kill(apache, 'SIGKILL');
    if (n === 6) break;
    const next = await deck.waitEvent(
      'launched',
      (event) => event.apachePid !== null && event.apachePid !== apache && deck.processes().some((one) => one.pid === event.apachePid),
      30_000,
    );
    apache = next.apachePid!;
  }
  expect(await deck.waitExit()).toEqual({code: null, signal: 'SIGKILL'});
  await deck.waitGone();
  expect(deck.output()).toMatch(/wsgideck: error: Apache died 6 times in a row/);
  expect(existsSync(folder)).toBe(false);
});

test.each([
  [['gunicorn', 'app:app'], 2, /"gunicorn app:app --host" is not a command that wsgideck knows/],
  [['no-such-place/mod_wsgi-express', 'start-server'], 127, /there is no such program/],
  [[express, 'setup-server', 'app.wsgi'], 2, /setup-server leaves no server to supervise/],
  [[express, 'start-server', 'app.wsgi', '--enable-debugger'], 2, /--enable-debugger: pdb needs a terminal of its own/],
])('run -- %j is refused in one line', async (words, code, text) => {
  const deck = await startDeck({app: DEMO, column: newest, mode: 'plain', probe: null, command: ['run', '--', ...words]});
  expect(await deck.waitExit()).toEqual({code, signal: null});
  await deck.waitGone();
  expect(deck.output()).toMatch(text);
  expect(deck.output().trimEnd().split('\n')).toHaveLength(1);
});

test.each([
  [['run'], /run: which command is to be supervised\? As in: wsgideck run -- /],
  [['run', '--'], /run: which command is to be supervised/],
  [['run', '--port', '1', '--', 'mod_wsgi-express'], /run: Unknown option '--port'/],
  [['run', '--probe-path', 'x', '--', 'mod_wsgi-express'], /run: --probe-path takes a URL path/],
])('wsgideck %j says what is wrong with it', (words, text) => {
  const bundle = new URL('../../dist/wsgideck.cjs', import.meta.url).pathname;
  const {status, stderr} = spawnSync(process.execPath, [bundle, ...words], {encoding: 'utf8'});
  expect(status).toBe(2);
  expect(stderr).toMatch(text);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {DEMO, ready, startOriginal} from '../fixtures/run/original.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const [debian] = columns();

/** The pid in a file that Apache writes when it is up. */
const pidIn = (path: string) =>
  until(`a pid in ${path}`, () => {
    try {
      return Number(readFileSync(path, 'latin1').trim()) || null;
    } catch {
      return null;
    }
  });

/** It ends with status 0, with one line that says so, and nothing is started again. */
async function endsQuietly(deck: RunningDeck): Promise<void> {
  expect(await deck.waitExit(), deck.output()).toEqual({code: 0, signal: null});
  await deck.waitGone();
  const lines = deck.output().split('\n');
  const saying = lines.filter((line) => line.includes('though not through wsgideck') && !line.startsWith('{"type":"log"'));
  expect(saying).toHaveLength(1);
  expect(deck.output()).not.toContain('starting it again');
}

describe.each(columns().map((column) => [column.version, column] as const))('mod_wsgi %s', (_, column) => {
  test.each(['SIGTERM', 'SIGWINCH'] as const)('%s to the process in --pid-file ends Apache and wsgideck', async (signal) => {
    const pidFile = join(tempDir(), 'server.pid');
    const deck = await startDeck({app: DEMO, column, args: ['--pid-file', pidFile]});
    await until('ready', () => deck.output().includes('ready'));
    process.kill(await pidIn(pidFile), signal);
    await endsQuietly(deck);
  });
});

test('a server that has not answered yet ends as well', async () => {
  const app = tempDir();
  writeFileSync(join(app, 'app.wsgi'), 'import time\ntime.sleep(600)\napplication = None\n');
  const deck = await startDeck({app, column: debian!, probe: null, args: ['--shutdown-timeout', '1']});
  await until('its start', () => deck.output().includes('starting: waiting'));
  process.kill(await pidIn(join(deck.serverRoot, 'httpd.pid')), 'SIGTERM');
  await endsQuietly(deck);
});

test('apachectl graceful-stop and the dashboard: the terminal is put back', async () => {
  const deck = await startDeck({app: DEMO, column: debian!, mode: 'tty'});
  await deck.tty.waitFor(/ready/);
  expect(spawnSync(join(deck.serverRoot, 'apachectl'), ['graceful-stop']).status).toBe(0);
  expect(await deck.waitExit()).toEqual({code: 0, signal: null});
  expect(deck.tty.alternate).toBe(false);
  await deck.waitGone();
});

test('debug mode', async () => {
  const deck = await startDeck({app: DEMO, column: debian!, args: ['--debug-mode']});
  process.kill(await pidIn(join(deck.serverRoot, 'httpd.pid')), 'SIGTERM');
  await endsQuietly(deck);
});

test('run --: what the original does on its own', async () => {
  const deck = await startOriginal();
  process.kill(await ready(deck), 'SIGTERM');
  await endsQuietly(deck);
});

test('kill -9 of Apache is told as a kill, not as a crash of its own', async () => {
  const deck = await startDeck({app: DEMO, column: debian!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {apachePid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  process.kill(apachePid!, 'SIGKILL');
  const restart = await deck.waitEvent('restart', (event) => event.processGroup === 'Apache');
  expect(restart).toMatchObject({cause: 'killed', text: expect.stringContaining('killed from outside (SIGKILL')});
  await deck.waitEvent('phase', (event) => event.attempt === 1);
  await deck.stop();
});

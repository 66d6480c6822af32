/** A stop is obeyed whatever Apache is doing: it must not be lost, keep the port open, or need a SIGKILL. */
import {readFileSync} from 'node:fs';
import {createConnection} from 'node:net';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const [debian] = columns();
const MPMS = ['event', 'worker', 'prefork'];
/** Milliseconds that a stop may take beyond the shutdown timeout, on a machine that does other things too. */
const LATE = 4000;

/** A server with a request that takes a minute. */
async function busyDeck(column: (typeof debian)[], ...args: string[]): Promise<RunningDeck> {
  const deck = await startDeck({app: 'incidents', column: column[0]!, mode: 'json', args});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  void deck.get('/sleep?60', {timeout: 70_000}).catch(() => null);
  await deck.waitEvent('requests', (event) => event.requests.length > 0);
  return deck;
}

/** Is a connection to the port refused. */
const refused = ({port}: RunningDeck) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({port, host: '127.0.0.1'}, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

const guardStatus = ({serverRoot}: RunningDeck) => readFileSync(join(serverRoot, 'wsgideck/guard.status'), 'utf8');

/** The port closes while the request still holds Apache up, and never opens again; the end is Apache's own. */
async function expectEnd(deck: RunningDeck, seconds: number): Promise<void> {
  const from = Date.now();
  await until('the port to be closed', () => refused(deck), 2000);
  while (deck.exit() === null && Date.now() - from < 60_000) {
    expect(await refused(deck)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await deck.waitExit()).toEqual({code: 0, signal: null});
  expect(Date.now() - from).toBeLessThan(seconds * 1000 + LATE);
  expect(guardStatus(deck)).not.toContain('killed');
  expect(guardStatus(deck)).toMatch(/\nexited 0\n$/);
  await deck.waitGone();
}

test.each(columns().flatMap((column) => (['SIGTERM', 'SIGINT'] as const).map((signal) => ({column, signal, name: column.name}))))(
  '$signal during a hard restart with a request in flight ($name)',
  async ({column, signal}) => {
    const deck = await busyDeck([column], '--shutdown-timeout', '3');
    deck.signal('SIGHUP');
    await deck.waitEvent('phase', (event) => event.phase === 'reloading');
    await until('Apache to restart', () => readFileSync(join(deck.serverRoot, 'error_log'), 'utf8').includes('has been deregistered'));
    deck.signal(signal);
    await expectEnd(deck, 3);
  },
);

test.each(MPMS)('TERM with a request in flight: the end comes with the shutdown timeout (%s)', async (mpm) => {
  const deck = await busyDeck([debian], '--shutdown-timeout', '3', '--server-mpm', mpm);
  deck.signal('SIGTERM');
  await expectEnd(deck, 3);
});

test('more requests than threads: those that wait do not hold the end up', async () => {
  const deck = await busyDeck([debian], '--shutdown-timeout', '2', '--threads', '2');
  for (let n = 0; n < 8; n++) void deck.get('/sleep?60', {timeout: 70_000}).catch(() => null);
  await until('the requests to wait', () => deck.events().some((event) => event.type === 'requests' && event.requests.length === 2));
  deck.signal('SIGTERM');
  await expectEnd(deck, 2);
});

test('the command stop, during a hard restart: graceful or not, it is obeyed', async () => {
  for (const args of [['--now'], []]) {
    const deck = await busyDeck([debian], '--shutdown-timeout', '2');
    deck.signal('SIGHUP');
    await deck.waitEvent('phase', (event) => event.phase === 'reloading');
    const done = await command(['stop', deck.serverRoot, ...args]);
    expect(done).toMatchObject({status: 0, stderr: expect.not.stringContaining('error')});
    expect(await deck.waitExit()).toEqual({code: 0, signal: null});
    expect(guardStatus(deck)).toMatch(/\nexited 0\n$/);
    await deck.waitGone();
  }
});

test('a graceful stop that is asked for twice does not cut the request', async () => {
  const deck = await startDeck({app: 'incidents', column: debian!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const answer = deck.get('/sleep?12', {timeout: 30_000});
  await deck.waitEvent('requests', (event) => event.requests.length > 0);
  const first = command(['stop', deck.serverRoot]);
  await deck.waitEvent('phase', (event) => event.phase === 'stopping');
  const second = command(['stop', deck.serverRoot]);
  expect((await answer).status).toBe(200);
  for (const {status} of await Promise.all([first, second])) expect(status).toBe(0);
  expect(guardStatus(deck).match(/asked graceful-stop/g)).toHaveLength(2);
  await deck.waitGone();
});

test.each(columns())('the terminal is closed: a request gets the shutdown timeout, and the end is clean ($name)', async (column) => {
  for (const {seconds, status} of [
    {seconds: 1, status: [200]},
    {seconds: 60, status: [500, 502, 503]},
  ]) {
    const deck = await startDeck({app: 'incidents', column, mode: 'tty', args: ['--plain', '--shutdown-timeout', '3']});
    const from = Date.now();
    const answer = deck.get(`/sleep?${seconds}`, {timeout: 70_000});
    await until('the daemon to have it', async () => (await command(['status', deck.serverRoot, '--json'])).stdout.includes('/sleep'));
    deck.tty.hangUp();
    await until('the port to be closed', () => refused(deck), 5000);
    expect(status).toContain((await answer).status);
    await deck.waitGone(20_000);
    expect(Date.now() - from).toBeLessThan(3000 + LATE + 5000);
    expect(guardStatus(deck)).not.toContain('killed');
    expect(guardStatus(deck)).toMatch(/\nexited 0\n$/);
  }
});

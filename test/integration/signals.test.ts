import {spawn} from 'node:child_process';
import {join, resolve} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {tempCopy, tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;
const [debian] = columns();

const daemons = (deck: RunningDeck) =>
  deck
    .processes()
    .filter((one) => one.command.startsWith('(wsgi:'))
    .map((one) => one.pid);

test.each(columns())('HUP and USR1 restart Apache, WINCH does nothing, TERM stops it with status 0 ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {apachePid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  for (const [name, code] of [
    ['SIGHUP', 'AH00494'],
    ['SIGUSR1', 'AH00493'],
  ] as const) {
    const old = daemons(deck);
    expect(old).toHaveLength(1);
    const times = () => deck.events().filter((event) => event.type === 'phase' && event.phase === 'ready').length;
    const before = times();
    deck.signal(name);
    await deck.waitEvent('log', (event) => event.entry.code === code);
    await expect.poll(times, {timeout: 60_000}).toBeGreaterThan(before);
    expect(daemons(deck)).not.toEqual(old);
    expect((await deck.get('/health')).status).toBe(200);
  }
  const steady = daemons(deck);
  for (let n = 0; n < 50; n++) deck.signal('SIGWINCH');
  expect((await deck.get('/health')).status).toBe(200);
  expect(daemons(deck)).toEqual(steady);
  expect(deck.processes().some((one) => one.pid === apachePid)).toBe(true);
  expect(await deck.stop()).toEqual({code: 0, signal: null});
});

test('INT stops Apache too, and every phase on the way is told', async () => {
  const deck = await startDeck({app: DEMO, column: debian!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  deck.signal('SIGINT');
  expect(await deck.waitExit()).toEqual({code: 0, signal: null});
  await deck.waitGone();
  const phases = deck.events().flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
  expect(phases[0]).toBe('starting');
  expect(phases.slice(-2)).toEqual(['stopping', 'stopped']);
});

test('under nohup a hang-up changes nothing', async () => {
  const deck = await startDeck({app: DEMO, column: debian!, mode: 'json', env: {_: '/usr/bin/nohup'}});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const before = daemons(deck);
  deck.signal('SIGHUP');
  // USR1 comes after it and is answered: by then a hang-up would have had its effect.
  deck.signal('SIGUSR1');
  await deck.waitEvent('log', (event) => event.entry.code === 'AH00493');
  expect(before).toHaveLength(1);
  expect(deck.events().some((event) => event.type === 'log' && event.entry.code === 'AH00494')).toBe(false);
  expect(deck.exit()).toBeNull();
  await deck.stop();
});

test('the same signal again within milliseconds is one demand: what is in flight is cut, and the status is that of Apache', async () => {
  const root = join(tempDir(), 'root');
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
  const place = ['--host', '127.0.0.1', '--port', String(port), '--server-root', root, '--shutdown-timeout', '2'];
  const bundle = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
  const folder = tempCopy(resolve(import.meta.dirname, '../fixtures/incidents'));
  const child = spawn(process.execPath, [bundle, 'start-server', join(folder, 'app.wsgi'), ...place, ...user, '--json'], {
    cwd: folder,
    env: {...process.env, ...debian!.env},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  try {
    let out = '';
    let again = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      // At once after the first has been acted on: sent without a wait, the kernel may make one signal of the two.
      if (!again && out.includes('"phase":"stopping"')) again = child.kill('SIGTERM');
    });
    await until('the server', () => out.includes('"phase":"ready"'), 30_000);
    const held = get(`http://127.0.0.1:${port}/sleep?60`, {timeout: 60_000}).catch(() => null);
    await until('the request', () => out.includes('/sleep'), 40_000);
    child.kill('SIGTERM');
    await until('the end', () => !running(), 30_000);
    await held;
    expect(again).toBe(true);
    expect(out).not.toContain('killing what is left');
    expect({code: child.exitCode, signal: child.signalCode}).toEqual({code: 0, signal: null});
  } finally {
    // With the supervisor gone the guard ends Apache.
    if (running()) child.kill('SIGKILL');
  }
});

test('the same signal again, later: everything is killed', async () => {
  const deck = await startDeck({app: 'incidents', column: debian!, mode: 'json', args: ['--shutdown-timeout', '60']});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const held = deck.get('/sleep?60', {timeout: 60_000}).catch(() => null);
  await deck.waitEvent('requests', (event) => event.requests.length > 0);
  deck.signal('SIGTERM');
  await deck.waitEvent('phase', (event) => event.phase === 'stopping');
  await sleep(600);
  expect(deck.exit()).toBeNull();
  deck.signal('SIGTERM');
  expect(await deck.waitExit()).toEqual({code: null, signal: 'SIGKILL'});
  await deck.waitGone();
  await held;
});

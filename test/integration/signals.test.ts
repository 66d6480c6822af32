import {expect, test} from 'vitest';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

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
    await expect.poll(times, {timeout: 20_000}).toBeGreaterThan(before);
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

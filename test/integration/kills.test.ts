import {expect, test} from 'vitest';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;
const [debian] = columns();

async function readyDeck(mode: 'json' | 'tty'): Promise<RunningDeck> {
  const deck = await startDeck({app: DEMO, column: debian!, mode});
  if (mode === 'tty') await deck.tty.waitFor(/ready/);
  else await deck.waitEvent('phase', (event) => event.phase === 'ready');
  return deck;
}

const guard = (deck: RunningDeck) => deck.processes().find((one) => one.command.includes('wsgideck-guard'))!.pid;
const dashboard = (deck: RunningDeck) => deck.processes().find((one) => one.command.includes('dashboard.mjs'))!.pid;
const answers = async (deck: RunningDeck) => (await deck.get('/health')).status;

test('kill -9 of the supervisor: Apache and everything else is gone', async () => {
  const deck = await readyDeck('json');
  deck.signal('SIGKILL');
  await deck.waitExit();
  await deck.waitGone(40_000);
  await expect(deck.get('/health')).rejects.toThrow(/ECONN/);
});

test('kill -9 of the supervisor under a dashboard: the terminal is put back', async () => {
  const deck = await readyDeck('tty');
  expect(deck.tty.alternate).toBe(true);
  deck.signal('SIGKILL');
  await deck.waitGone(40_000);
});

test('kill -9 of the dashboard: the server serves on, the terminal is usable, plain lines follow', async () => {
  const deck = await readyDeck('tty');
  process.kill(dashboard(deck), 'SIGKILL');
  await deck.tty.waitFor(/dashboard/i);
  expect(deck.tty.alternate).toBe(false);
  expect(await answers(deck)).toBe(200);
  await deck.stop();
});

test('kill -9 of the guard: the old Apache is gone, and a new one answers', async () => {
  const deck = await readyDeck('json');
  const {apachePid, guardPid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  process.kill(guardPid, 'SIGKILL');
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid && event.apachePid !== null);
  await expect.poll(() => answers(deck).catch(() => 0), {timeout: 60_000}).toBe(200);
  expect(deck.processes().some((one) => one.pid === apachePid)).toBe(false);
  expect(guard(deck)).not.toBe(guardPid);
  await deck.stop();
});

test('kill -9 of the parent of Apache: its daemons and children do not live on, and a new Apache answers', async () => {
  const deck = await readyDeck('json');
  const {apachePid, guardPid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  const family = deck.processes().filter((one) => ![deck.pid, guardPid].includes(one.pid) && !one.command.includes('wsgideck.cjs'));
  expect(family.length).toBeGreaterThanOrEqual(3);
  process.kill(apachePid!, 'SIGKILL');
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid);
  await expect.poll(() => answers(deck).catch(() => 0), {timeout: 60_000}).toBe(200);
  const now = new Set(deck.processes().map((one) => one.pid));
  expect(family.filter((one) => now.has(one.pid))).toEqual([]);
  const failures = deck.events().filter((event) => event.type === 'phase' && event.attempt === 1);
  expect(failures).toHaveLength(1);
  await deck.stop();
});

test('an Apache that cannot stay up is given up, with its status', async () => {
  const deck = await readyDeck('json');
  for (;;) {
    const {guardPid, apachePid} = deck.events().findLast((event) => event.type === 'launched' && event.apachePid !== null) as {
      guardPid: number;
      apachePid: number;
    };
    process.kill(apachePid, 'SIGKILL');
    const next = await Promise.race([
      deck.waitEvent(
        'launched',
        (event) =>
          event.guardPid > 0 &&
          event.at > 0 &&
          event.guardPid !== guardPid &&
          event.apachePid !== null &&
          event.apachePid !== apachePid &&
          deck.processes().some((one) => one.pid === event.apachePid),
        30_000,
      ),
      deck.waitExit(60_000).then(() => null),
    ]);
    if (next === null) break;
  }
  expect(deck.events().some((event) => event.type === 'phase' && event.phase === 'failed')).toBe(true);
  expect(deck.exit()).not.toEqual({code: 0, signal: null});
  await deck.waitGone();
});

test('the terminal is closed: Apache is stopped, not restarted', async () => {
  const deck = await readyDeck('tty');
  deck.tty.hangUp();
  await deck.waitGone(40_000);
});

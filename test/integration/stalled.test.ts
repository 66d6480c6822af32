import {expect, test} from 'vitest';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;
const [debian] = columns();

/** Answers in `ms`, with two clients and log lines by the dozen. */
async function load(deck: RunningDeck, ms: number): Promise<number> {
  const end = Date.now() + ms;
  let answered = 0;
  const client = async (path: string) => {
    while (Date.now() < end) {
      expect((await deck.get(path)).status).toBe(200);
      answered++;
    }
  };
  await Promise.all([client('/health'), client('/flood?n=20')]);
  return answered;
}

test('a stopped dashboard, then a stopped supervisor, hold up no request and catch up', async () => {
  const deck = await startDeck({app: DEMO, column: debian!, mode: 'tty'});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  const plain = await load(deck, 4000);
  const dashboard = deck.processes().find((one) => one.command.includes('dashboard.mjs'))!.pid;
  process.kill(dashboard, 'SIGSTOP');
  const withoutDashboard = await load(deck, 4000);
  process.kill(dashboard, 'SIGCONT');
  deck.signal('SIGSTOP');
  const withoutSupervisor = await load(deck, 4000);
  deck.signal('SIGCONT');
  // Not a figure to hang a test on, but a server that waits for us would stand still.
  expect(plain).toBeGreaterThan(10);
  expect(withoutDashboard).toBeGreaterThan(10);
  expect(withoutSupervisor).toBeGreaterThan(10);
  const mark = `/health?caught-up=${Date.now()}`;
  await deck.get(mark);
  tty.press('4/caught-up\r');
  await tty.waitFor((screen) => screen.includes(mark));
  await deck.stop();
});

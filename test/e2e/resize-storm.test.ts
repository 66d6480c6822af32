import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {sleep} from '../support/wait.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

test.each(columns())('two hundred resizes under load fail no request and restart nothing ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'tty'});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  // Without what a start leaves for later: Python is compiled in a process that ends.
  const before = deck.processes().flatMap((one) => (/\bpython/.test(one.command) ? [] : one.pid));
  let storm = true;
  const failures: string[] = [];
  let answered = 0;
  const client = async () => {
    while (storm) {
      const {status} = await deck.get('/health').catch((error: Error) => ({status: error.message}));
      if (status === 200) answered++;
      else failures.push(String(status));
    }
  };
  const clients = [client(), client()];
  // On a busy machine it takes longer until there was a load.
  for (let n = 0; n < 200 || (answered <= 50 && n < 4000); n++) {
    tty.resize(60 + ((n * 37) % 140), 15 + ((n * 13) % 45));
    await sleep(10);
  }
  storm = false;
  await Promise.all(clients);
  tty.resize(100, 30);
  const screen = await tty.waitFor((text) => /ready/.test(text) && /Overview/.test(text));
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(50);
  // Under load Apache may add children of its own accord; none of those that were there may have gone.
  const now = new Set(deck.processes().map((one) => one.pid));
  expect(before.filter((pid) => !now.has(pid))).toEqual([]);
  expect(screen.split('\n').every((line) => line.length <= 100)).toBe(true);
  await deck.stop();
});

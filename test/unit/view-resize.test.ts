import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {busyEvents, MemoryDeck} from './view-deck.ts';
import {view} from './view-terminal.ts';

test('a storm of resizes leaves the same screen as one that had its size from the start', async () => {
  const deck = new MemoryDeck(busyEvents());
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/1 Overview/);
  for (let i = 0; i < 200; i++) {
    screen.resize(60 + ((i * 37) % 180), 15 + ((i * 13) % 60));
    if (i % 20 === 0) await sleep(1);
  }
  screen.resize(100, 30);
  using fresh = view(deck, {columns: 100, rows: 30});
  const wanted = await fresh.shows(/q quit/);
  const text = await screen.shows((now) => now === wanted);
  expect(text).toBe(wanted);
});

/** An idle server is drawn every five seconds, without the seconds of the clock; whatever happens is drawn at once. */
import {expect, test} from 'vitest';
import {clock as timeOf} from '../../src/terminal/format.ts';
import {entry, event, INFO, MemoryDeck, NOW} from './view-deck.ts';
import {view} from './view-terminal.ts';

const QUIET = {at: NOW, seconds: 1, requests: 0, errors5xx: 0, errors4xx: 0, p50: null, p95: null, p99: null};

function idleDeck(): MemoryDeck {
  return new MemoryDeck([
    event({type: 'instance', info: INFO}),
    event({type: 'phase', phase: 'ready', detail: ''}),
    event({type: 'traffic', window: QUIET}),
  ]);
}

/** What the clock of the header shows. */
const header = (screen: {lines(): string[]}) => / (\d\d:\d\d(?::\d\d)?)$/.exec(screen.lines()[0]!)?.[1];

test('seconds are shown for ten seconds after the last news, then hours and minutes, and with a key at once again', async () => {
  const clock = {now: NOW};
  using screen = view(idleDeck(), {columns: 120, rows: 34, clock});
  await screen.shows(() => header(screen) === timeOf(NOW));
  clock.now = NOW + 9000;
  await screen.shows(() => header(screen) === timeOf(clock.now));
  clock.now = NOW + 14_000;
  await screen.shows(() => header(screen) === timeOf(clock.now).slice(0, 5));
  screen.press('?');
  await screen.shows(() => header(screen) === timeOf(clock.now));
});

test('figures of an idle server come with the next five seconds, a line of the log at once, and then the seconds go on', async () => {
  const clock = {now: NOW - (NOW % 5000)};
  const deck = idleDeck();
  using screen = view(deck, {columns: 120, rows: 34, clock});
  clock.now += 60_000;
  await screen.shows(() => header(screen)?.length === 5);
  const frames = screen.store.snapshot.now;
  clock.now += 4000;
  deck.happen(event({type: 'host', cpuCount: 4, memTotal: 8e9, memAvailable: 4e9, load1: 3.21}));
  // A tick of the screen is 200 ms; this waits for one that has seen the news.
  await new Promise((resolve) => setTimeout(resolve, 450));
  expect(screen.store.snapshot.now).toBe(frames);
  clock.now += 1000;
  await screen.shows(() => screen.store.snapshot.now === clock.now && header(screen)?.length === 5);
  clock.now += 1000;
  deck.happen(event({type: 'log', entry: entry({seq: 1, source: 'error', level: 'warn', text: 'news of the server'})}));
  await screen.shows(/news of the server/);
  await screen.shows(() => header(screen) === timeOf(clock.now));
});

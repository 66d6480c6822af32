/** A recording on the screen: its own clock, its bar, its keys. */
import {expect, test} from 'vitest';
import type {ReplayState} from '../../src/model/replay.ts';
import {busyEvents, event, MemoryDeck, NOW} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const REPLAY: ReplayState = {
  file: '/tmp/recording',
  from: NOW - 600_000,
  to: NOW + 300_000,
  at: NOW,
  paused: false,
  speed: 1,
  incidents: [
    {id: 'a', at: NOW - 300_000, title: 'first'},
    {id: 'b', at: NOW + 60_000, title: 'second'},
  ],
};

const recording = (part: Partial<ReplayState> = {}) =>
  new MemoryDeck([...busyEvents(), event({type: 'replay', replay: {...REPLAY, ...part}})]);

test('ages and clocks are those of the recording, whatever the time is now', async () => {
  using screen = view(recording(), {columns: 120, rows: 34, clock: {now: NOW + 86_400_000}});
  const text = await screen.shows(/longest +41\.2 s/);
  expect(text).toMatch(/gives up in 116 s/);
  expect(text).toMatch(/recording +\S+ +playing +1×[^]*incident 1 of 2 +[━!]+●/);
  expect(text).toMatch(/up 2 h 14 m/);
});

test('keys pause, change the speed, seek and jump; nothing else can be changed', async () => {
  const deck = recording();
  using screen = view(deck, {columns: 120, rows: 34});
  screen.press(' ', '+', '-', KEY.right, '\u001b[D', 'n', 'N');
  await screen.shows(() => deck.commands().length === 7);
  expect(deck.commands()).toEqual([
    {type: 'replay', action: 'pause'},
    {type: 'replay', action: 'speed', value: 2},
    {type: 'replay', action: 'speed', value: 0.5},
    {type: 'replay', action: 'seek', value: NOW + 10_000},
    {type: 'replay', action: 'seek', value: NOW - 10_000},
    {type: 'replay', action: 'next-incident'},
    {type: 'replay', action: 'previous-incident'},
  ]);
  screen.press('r');
  await screen.shows(/this is a recording: nothing in it can be changed/);
  deck.happen(event({type: 'replay', replay: {...REPLAY, paused: true, at: REPLAY.to}}));
  await screen.shows(/at its end/);
  screen.press(' ');
  await screen.shows(() => deck.commands().length === 8);
  expect(deck.commands().at(-1)).toEqual({type: 'replay', action: 'play'});
});

test.each([
  [60, 15],
  [60, 11],
  [300, 100],
])('the bar fits %i x %i, and messages do not wait for the recorded time', async (columns, rows) => {
  const clock = {now: NOW + 86_400_000};
  using screen = view(recording(), {columns, rows, clock});
  await screen.shows(/recording +\S+ +playing/);
  expect(screen.lines()).toHaveLength(rows);
  screen.press('r');
  await screen.shows(/this is a recording: nothing/);
  clock.now += 60_000;
  await screen.shows((text) => !text.includes('nothing in it'));
});

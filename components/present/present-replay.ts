/** Where a recording stands: its bar takes the place of the rule above the keys. */
import {clock} from '../../src/terminal/format.ts';
import {pack, span, type Piece, type Row, type Span} from '../../src/terminal/rows.ts';
import type {Snapshot} from '../store/snapshot.ts';

const MOST_BAR = 60;

/** Null on a live server. */
export function replayBar(s: Snapshot, width: number): Row | null {
  const {replay} = s.state;
  if (replay === undefined) return null;
  const {glyphs} = s;
  const state = replay.paused ? span(replay.at >= replay.to ? 'at its end' : 'paused', 'soon') : span('playing', 'good');
  const {incidents} = replay;
  const passed = incidents.filter((one) => one.at <= replay.at).length;
  const pieces: Piece[] = [
    {spans: [span(clock(replay.at), 'strong')], rank: 0},
    {spans: [state], rank: 0},
    {spans: [span(`${replay.speed}×`, replay.speed === 1 ? 'dim' : 'accent')], rank: 1},
  ];
  const range: Piece = {spans: [span(`${clock(replay.from)} ${glyphs.arrow} ${clock(replay.to)}`, 'dim')], rank: 2};
  const count: Piece = {spans: [span(`incident ${passed} of ${incidents.length}`, 'dim')], rank: 3};
  const head = [span(' recording ', 'accent'), ...pack([...pieces, range, ...(incidents.length > 0 ? [count] : [])], width - 13)];
  const room = Math.min(MOST_BAR, width - head.reduce((sum, one) => sum + one.text.length, 0) - 3);
  return {spans: room < 10 ? head : [...head, span('  '), ...bar(s, room)]};
}

/** The way so far, the rest, and a mark where each incident is. */
function bar(s: Snapshot, cells: number): Span[] {
  const {from, to, at, incidents} = s.state.replay!;
  const cell = (time: number) => Math.max(0, Math.min(cells - 1, Math.floor(((time - from) / Math.max(1, to - from)) * cells)));
  const marks = new Set(incidents.map((one) => cell(one.at)));
  const here = cell(at);
  return Array.from({length: cells}, (_, index) => {
    if (index === here) return span(s.glyphs.dot, 'accent');
    if (marks.has(index)) return span('!', 'soon');
    return index < here ? span(s.glyphs.bar, 'accent') : span(s.glyphs.barEmpty, 'dim');
  });
}

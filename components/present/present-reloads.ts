/** The last reloads: which files, how long each step took, what the old code finished, and why one did not load. */
import type {ReloadRecord} from '../../src/model/events.ts';
import {bytes, clock, duration, plural} from '../../src/terminal/format.ts';
import {BLANK, pack, row, span, theirs, type Piece, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space, SourceWish} from '../store/snapshot.ts';
import {placeRows} from './present-places.ts';
import {reloadMark, reloadNames} from './present-reload-line.ts';
import {slotRows} from './present-slots.ts';

const MOST_TRACEBACK = 40;

export function presentReloads(s: Snapshot, {width, height}: Space): Presented {
  const reloads = s.state.reloads.toReversed();
  const rows: Row[] = [row(span(' reloads', 'accent'), span(`  ${howWords(s, width)}`, 'dim')), ...slotRows(s, width)];
  if (reloads.length === 0) return {rows: [...rows, BLANK, row(span('   none since the start', 'dim'))]};
  const sources: SourceWish[] = [];
  const places: NonNullable<Presented['places']> = [];
  for (const [index, one] of reloads.entries()) {
    if (height > 14) rows.push(BLANK);
    rows.push(headRow(one, s), stepsRow(one, s, width), ...afterRows(one, s, width));
    const {failure} = one;
    if (!failure) continue;
    rows.push(row(span('     '), theirs(failure.title, s.glyphs, 'now')));
    if (failure.place) {
      places.push({row: rows.length, place: failure.place});
      const drawn = placeRows(failure.place, s, {label: 'at', width, context: index === 0 ? 3 : 0, source: failure.source});
      rows.push(...drawn.rows);
      sources.push(...drawn.sources);
    }
    // Only the newest failure is what somebody is working on.
    if (index === 0)
      for (const line of failure.traceback.slice(-MOST_TRACEBACK)) rows.push(row(span('     '), theirs(line, s.glyphs, 'dim')));
  }
  return {rows, total: rows.length, sources, places};
}

function howWords(s: Snapshot, width: number): string {
  const {info, slots} = s.state;
  if (info === null) return '';
  if (slots.length > 0) {
    const long = 'on save: loaded in the idle one of two process groups, then switched; no request is lost';
    return long.length + 10 < width ? long : 'on save: loaded beside the old code, then switched to; nothing is lost';
  }
  return info.reloadOnChanges ? 'on save: the daemon processes are replaced' : 'by hand';
}

function headRow(one: ReloadRecord, s: Snapshot): Row {
  return row(
    span(' '),
    reloadMark(one, s.glyphs),
    span(`${clock(one.seenAt)}  `, 'dim'),
    theirs(reloadNames(one), s.glyphs, 'strong'),
    span(one.by === 'hand' && one.names.length > 0 ? '  by hand' : '', 'dim'),
    span(one.strategy === undefined ? '' : `  ${one.strategy}`, 'dim'),
    ...(one.status === 'failed' && !one.failure ? [span('  '), theirs(one.detail ?? 'failed', s.glyphs, 'now')] : []),
  );
}

/** seen → loaded → switched → answered → drained, each as the time since it was seen. */
function stepsRow(one: ReloadRecord, s: Snapshot, width: number): Row {
  const since = (at: number) => duration(at - one.seenAt);
  const pieces: Piece[] = [];
  const step = (name: string, at: number | null | undefined, rank: number) => {
    if (typeof at === 'number') pieces.push({spans: [span(`${name} `, 'dim'), span(since(at))], rank});
  };
  step('loaded after', one.loadedAt, 2);
  step('switched', one.switchedAt, 1);
  step('live', one.answeredAt, 0);
  step('old code done', one.drainedAt, 3);
  if (one.importMs !== undefined) pieces.push({spans: [span('import ', 'dim'), span(duration(one.importMs))], rank: 4});
  if (pieces.length === 0) pieces.push({spans: [span(one.status === 'running' ? 'under way' : 'never went live', 'dim')], rank: 0});
  const arrow = span(` ${s.glyphs.arrow} `, 'dim');
  const packed = pack(pieces, width - 8, 3);
  return {spans: [span('     '), ...packed.map((each) => (each.text === '   ' ? arrow : each))]};
}

function afterRows(one: ReloadRecord, s: Snapshot, width: number): Row[] {
  const pieces: Piece[] = [];
  if (one.finishedByOld !== undefined)
    pieces.push({spans: [span(`${plural(one.finishedByOld, 'request')} finished by the old code`, 'dim')], rank: 0});
  if (one.cut !== undefined) pieces.push({spans: [span(`${one.cut} cut`, one.cut > 0 ? 'now' : 'dim')], rank: 0});
  if (one.memoryBefore !== undefined && one.memoryAfter !== undefined)
    pieces.push({spans: [span(`memory ${bytes(one.memoryBefore)} ${s.glyphs.arrow} ${bytes(one.memoryAfter)}`, 'dim')], rank: 1});
  return pieces.length === 0 ? [] : [{spans: [span('     '), ...pack(pieces, width - 8, 3)]}];
}

/** One log entry in full: what is known of it, its text wrapped, the lines folded into it. */
import type {LogEntry} from '../../src/model/log.ts';
import {wrapLines} from '../../src/terminal/fit.ts';
import {bytes, clock, duration} from '../../src/terminal/format.ts';
import {BLANK, pack, row, span, theirs, type Piece, type Row} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {diagnosisOf} from './diagnoses.ts';
import {labelled} from './paragraph.ts';
import {placeRows} from './present-places.ts';

/** Lines of a folded entry that are drawn; a dump of hundreds of threads stays readable. */
const MOST_LINES = 2000;

export function presentLogEntry(s: Snapshot, entry: LogEntry, {width, height}: Space): Presented {
  const rows: Row[] = [head(entry, s, width), BLANK];
  const places: NonNullable<Presented['places']> = [];
  const room = Math.max(10, width - 2);
  for (const line of wrapped(entry.text, room, s)) rows.push(row(span(` ${line}`, 'strong')));
  if (entry.access) {
    const {status, micros, bytes: sent} = entry.access;
    rows.push(row(span(` status ${status}, ${micros > 0 ? `${duration(micros / 1000)}, ` : ''}${bytes(sent)} sent`)));
  }
  const found = diagnosisOf(entry, s.state);
  const drawn = found?.place ? placeRows(found.place, s, {label: 'where', width, context: height >= 20 ? 2 : 0}) : null;
  if (drawn && found?.place) {
    places.push({row: rows.length, place: found.place});
    rows.push(...drawn.rows);
  }
  if (found !== null) {
    rows.push(
      ...(drawn && height < 20 ? [] : [BLANK]),
      ...labelled('what it means', found.cause, s, width),
      ...labelled('what to do', found.remedy, s, width),
    );
    for (const one of found.evidence ?? []) rows.push(...labelled('', one, s, width, 'dim', 2));
  }
  const more = entry.more ?? [];
  if (more.length > 0) rows.push(BLANK);
  for (const line of more.slice(0, MOST_LINES)) {
    const place = placeIn(line);
    if (place) places.push({row: rows.length, place});
    for (const part of wrapped(line, room, s)) rows.push(row(span(` ${part}`)));
  }
  if (more.length > MOST_LINES) rows.push(row(span(` and ${more.length - MOST_LINES} more lines`, 'dim')));
  // A traceback's last file is the innermost one.
  return {rows, total: rows.length, sources: drawn?.sources ?? [], places, main: drawn ? 0 : Math.max(0, places.length - 1)};
}

/** `File "/srv/app/a.py", line 7, in inner` */
function placeIn(line: string): {file: string; line: number} | null {
  const found = /^\s*File "(\/[^"]+)", line (\d+)/.exec(line.slice(0, 2000));
  return found ? {file: found[1]!, line: Number(found[2])} : null;
}

function wrapped(text: string, room: number, s: Snapshot): string[] {
  return wrapLines(safeText(text.slice(0, 64_000).replaceAll('\t', '    '), s.glyphs.ascii), room);
}

function head(entry: LogEntry, s: Snapshot, width: number): Row {
  const pieces: Piece[] = [
    {spans: [span(clock(entry.at))], rank: 0},
    {spans: [span(entry.level, 'accent')], rank: 0},
    {spans: [span(entry.source, 'dim')], rank: 1},
  ];
  const add = (text: string, rank: number) => pieces.push({spans: [theirs(text, s.glyphs, 'dim')], rank});
  if (entry.module !== undefined) add(`module ${entry.module}`, 4);
  if (entry.code !== undefined) add(entry.code, 3);
  if (entry.pid !== undefined) add(`pid ${entry.pid}`, 2);
  if (entry.requestId !== undefined) add(`request ${entry.requestId}`, 3);
  if (entry.client !== undefined) add(`client ${entry.client}`, 5);
  if (entry.repeated !== undefined && entry.repeated > 1) add(`seen ${entry.repeated} times`, 1);
  if (entry.cut !== undefined && entry.cut > 0) add(`${bytes(entry.cut)} cut off`, 1);
  return {spans: [span(' '), ...pack(pieces, width - 2)]};
}

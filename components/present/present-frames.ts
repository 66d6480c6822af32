/** One Python stack: the application's own frames stand out, runs of library frames fold, the line that matters shows its source. */
import type {Place} from '../../src/model/diagnosis.ts';
import {culpritIndex, ownFrame, type OwnedFrame} from '../../src/model/select-frames.ts';
import type {Frame} from '../../src/model/stacks.ts';
import {fitSafe, fitStart, width as cells} from '../../src/terminal/fit.ts';
import {row, span, type Row} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import {sourceKey, type Snapshot, type SourceWish} from '../store/snapshot.ts';

export interface FrameOptions {
  width: number;
  folded: boolean;
  /** Source lines to show before and after the culprit's; negative for none at all. */
  context: number;
  /** Word after the innermost frame: `now` for a live stack. */
  top: string;
}

export interface FramesPresented {
  rows: Row[];
  sources: SourceWish[];
  /** Frames whose file is one of this machine, and the index of the culprit among them. */
  places: {row: number; place: Place}[];
  main: number;
}

/** Fewer library frames than this in a row are not worth a fold. */
const FOLD_FROM = 3;

export function presentFrames(frames: readonly Frame[], s: Snapshot, options: FrameOptions): FramesPresented {
  const owned = frames.map((frame) => ownFrame(frame, s.state.info));
  const culprit = culpritIndex(owned);
  const places = owned.map((frame) => `${frame.short}:${frame.line}`);
  const column = Math.min(Math.floor(options.width * 0.5), Math.max(12, ...places.map((text) => cells(safeText(text)))));
  const functions = Math.min(32, Math.max(4, ...owned.map((frame) => cells(safeText(frame.func)))));
  const rows: Row[] = [];
  const sources: SourceWish[] = [];
  const marks: FramesPresented['places'] = [];
  let main = 0;
  for (let index = 0; index < owned.length; index++) {
    const run = options.folded ? libraryRun(owned, index, culprit) : 0;
    if (run >= FOLD_FROM) {
      rows.push(row(span(`     ${s.glyphs.cut} ${run} library frames folded, `, 'dim'), span('f', 'accent'), span(' unfolds', 'dim')));
      index += run - 1;
      continue;
    }
    const frame = owned[index]!;
    if (index === culprit) main = marks.length;
    if (isFile(frame)) marks.push({row: rows.length, place: {file: frame.file, line: frame.line, func: frame.func}});
    rows.push(frameRow(frame, places[index]!, {place: column, func: functions}, index === 0 ? options.top : '', s));
    if (index === culprit && options.context >= 0) rows.push(...sourceRows(frame, s, options, sources));
  }
  return {rows, sources, places: marks, main};
}

function isFile({file, line}: Frame): boolean {
  return file.startsWith('/') && line > 0;
}

/** Library frames in a row from `index` on; the innermost frame and the culprit are always shown. */
function libraryRun(frames: readonly OwnedFrame[], index: number, culprit: number): number {
  let end = index;
  while (end < frames.length && frames[end]!.owner !== 'own' && end !== culprit && end !== 0) end++;
  return end - index;
}

function frameRow(frame: OwnedFrame, place: string, columns: {place: number; func: number}, note: string, s: Snapshot): Row {
  const own = frame.owner === 'own';
  const tone = own ? 'own' : 'dim';
  const mark = own ? s.glyphs.own : note === '' ? ' ' : s.glyphs.now;
  const notes = [note === '' ? '' : `${s.glyphs.ascii ? '<-' : '←'} ${note}`, own ? 'yours' : frame.owner === 'deck' ? 'wsgideck' : '']
    .filter(Boolean)
    .join('  ');
  const func = fitSafe(frame.func, columns.func, {ellipsis: s.glyphs.cut, ascii: s.glyphs.ascii});
  return row(
    span(`   ${mark} `, tone),
    span(fitStart(safeText(place, s.glyphs.ascii), columns.place, {ellipsis: s.glyphs.cut}), tone),
    span('  '),
    span(func, own ? 'strong' : 'dim'),
    span(notes === '' ? '' : `  ${notes}`, own ? 'accent' : 'dim'),
  );
}

function sourceRows(frame: OwnedFrame, s: Snapshot, options: FrameOptions, sources: SourceWish[]): Row[] {
  const wish = {file: frame.file, line: frame.line};
  const known = s.fetched.sources.get(sourceKey(wish));
  if (isFile(frame) && known === undefined) sources.push(wish);
  if (known && known.error === undefined && known.lines.length > 0) {
    const from = Math.max(known.from, frame.line - options.context);
    const to = Math.min(known.from + known.lines.length - 1, frame.line + options.context);
    const rows: Row[] = [];
    for (let line = from; line <= to; line++)
      rows.push(sourceRow(line, known.lines[line - known.from] ?? '', line === frame.line, s, options.width));
    return rows;
  }
  return frame.source === undefined ? [] : [sourceRow(frame.line, frame.source, true, s, options.width)];
}

/** One line of source text; `here` is the line that is meant. */
export function sourceRow(line: number, text: string, here: boolean, s: Snapshot, width: number): Row {
  const expanded = text.replaceAll('\t', '    ').replace(/\r$/, '');
  const code = fitSafe(expanded, Math.max(1, width - 16), {ellipsis: s.glyphs.cut, ascii: s.glyphs.ascii}).trimEnd();
  return row(
    span(`       ${here ? s.glyphs.pointer : ' '} `, 'accent'),
    span(`${String(line).padStart(5)}  `, 'dim'),
    span(code, here ? 'strong' : 'plain'),
  );
}

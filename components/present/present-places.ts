/** A line of code as a row, with the source around it: the same in incidents, reloads and log entries. */
import type {Place} from '../../src/model/diagnosis.ts';
import {ownFrame} from '../../src/model/select-frames.ts';
import {row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import {sourceKey, type Snapshot, type SourceWish} from '../store/snapshot.ts';
import {sourceRow} from './present-frames.ts';

/** `file:line in func` as a reader would name it. */
export function placeText(place: Place, s: Pick<Snapshot, 'state'>): string {
  const {short} = ownFrame({...place, func: place.func ?? ''}, s.state.info);
  return `${short}:${place.line}${place.func === undefined || place.func === '' ? '' : ` in ${place.func}`}`;
}

export function placeRows(
  place: Place,
  s: Snapshot,
  options: {label: string; width: number; context: number; source?: string | undefined},
): {rows: Row[]; sources: SourceWish[]} {
  const rows: Row[] = [
    row(span(options.width < 70 ? '   ' : `  ${options.label.padEnd(16)}`, 'dim'), theirs(placeText(place, s), s.glyphs, 'own')),
  ];
  if (options.context < 0) return {rows, sources: []};
  const wish = {file: place.file, line: place.line};
  const known = s.fetched.sources.get(sourceKey(wish));
  const sources = known === undefined && place.file.startsWith('/') && place.line > 0 ? [wish] : [];
  // What was kept with the place is what ran; a file that has been mended since would show another line under the same number.
  const mended = options.source !== undefined && known?.lines[place.line - known.from]?.trim() !== options.source.trim();
  if (known && known.error === undefined && known.lines.length > 0 && !mended) {
    const from = Math.max(known.from, place.line - options.context);
    const to = Math.min(known.from + known.lines.length - 1, place.line + options.context);
    for (let line = from; line <= to; line++)
      rows.push(sourceRow(line, known.lines[line - known.from] ?? '', line === place.line, s, options.width));
  } else if (options.source !== undefined) rows.push(sourceRow(place.line, options.source, true, s, options.width));
  else if (known?.error !== undefined)
    rows.push(row(span(options.width < 70 ? '     ' : `  ${' '.repeat(16)}`), theirs(`no source: ${known.error}`, s.glyphs, 'dim')));
  return {rows, sources};
}

/** Titles name their place too, with or without the function: where it stands beside them it is said once. */
export function withoutPlace(text: string, where: string): string {
  const bare = where.replace(/\(\)$/, '');
  for (const one of [bare, bare.replace(/ in \S+$/, '')].flatMap((each) => [` at ${each}`, `: ${each}`]))
    if (text.includes(one)) return text.replace(one, '');
  return text;
}

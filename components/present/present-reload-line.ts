import type {ReloadRecord} from '../../src/model/events.ts';
import {plural} from '../../src/terminal/format.ts';
import type {Glyphs} from '../../src/terminal/glyphs.ts';
import {span, type Span} from '../../src/terminal/rows.ts';

/** Is it under way, done or failed. */
export function reloadMark(one: ReloadRecord, glyphs: Glyphs): Span {
  return {running: span(`${glyphs.cut} `, 'accent'), done: span(`${glyphs.done} `, 'good'), failed: span(`${glyphs.cross} `, 'now')}[
    one.status
  ];
}

/** The first of its files, and how many there were. */
export function reloadNames(one: ReloadRecord): string {
  const [first] = one.names;
  if (first === undefined) return one.by === 'hand' ? 'by hand' : plural(one.files, 'file');
  return first + (one.files > 1 ? ` and ${one.files - 1} more` : '');
}

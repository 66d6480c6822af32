/**
 * Cutting and padding of text to an exact number of terminal cells. Pure; never produces escape codes: text that still holds
 * control characters is made safe first. Wide characters are never split; what is cut leaves a mark.
 */
import stringWidth from 'string-width';
import {safeText} from './safe-text.ts';

export interface FitOptions {
  align?: 'left' | 'right' | 'center';
  /** One-cell mark put where text was cut; `~` for terminals without Unicode. */
  ellipsis?: string;
}

/** One cell each, without asking string-width: ASCII, Latin, Greek, Cyrillic, and the signs that this program draws itself. */
const NARROW =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0391-\u03a1\u03a3-\u03ff\u0410-\u044f\u2010-\u2015\u2018-\u201f\u2026\u2039\u203a\u2190-\u2193\u2400-\u2421\u2500-\u259f\u25b8\u25cb\u25cf\u2713\u2717]*$/;
const CONTROL = /\p{Cc}/u;
const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** Cells that a text takes on one row. */
export function width(text: string): number {
  if (NARROW.test(text)) return text.length;
  return stringWidth(drawable(text));
}

/** The text in exactly `cells` cells: padded with spaces, or cut at its end with the mark. */
export function fit(text: string, cells: number, options: FitOptions = {}): string {
  return pad(cutEnd(drawable(text), cells, options.ellipsis ?? '…'), cells, options.align ?? 'left');
}

/** As `fit`, but keeps the end: for paths, whose last part says most. */
export function fitStart(text: string, cells: number, options: FitOptions = {}): string {
  return pad(cutStart(drawable(text), cells, options.ellipsis ?? '…'), cells, options.align ?? 'left');
}

/** As `fit`, but keeps both ends, a little more of the end: for URLs. */
export function fitMiddle(text: string, cells: number, options: FitOptions = {}): string {
  const mark = options.ellipsis ?? '…';
  const clean = drawable(text);
  const align = options.align ?? 'left';
  if (cells <= 0) return '';
  if (width(clean) <= cells || cells < 5) return pad(cutEnd(clean, cells, mark), cells, align);
  const room = cells - width(mark);
  const start = take(clean, Math.floor(room / 2));
  const end = takeEnd(clean, room - width(start));
  return pad(start + mark + end, cells, align);
}

/**
 * Untrusted text of any length in exactly `cells` cells. Looks at no more of the text than can be seen, so a line of megabytes costs
 * the same as a short one.
 */
export function fitSafe(text: string, cells: number, options: FitOptions & {ascii?: boolean} = {}): string {
  const head = text.length > cells * 4 + 16 ? text.slice(0, cells * 4 + 16).replace(/[\ud800-\udbff]$/, '') : text;
  const ellipsis = options.ellipsis ?? (options.ascii ? '~' : '…');
  return fit(safeText(head, options.ascii), cells, {...options, ellipsis});
}

/** The text in rows of at most `cells` cells, broken after spaces where possible, and at its own line ends. Never an empty list. */
export function wrapLines(text: string, cells: number): string[] {
  const rows: string[] = [];
  const room = Math.max(1, cells);
  for (const line of text.split(/\r\n|\n/)) wrapOne(drawable(line), room, rows);
  return rows;
}

/** The first `most` of wrapped rows; where some are left out, the last one that is kept ends with the mark. */
export function upTo(rows: readonly string[], most: number, cells: number, ellipsis = '…'): string[] {
  if (rows.length <= most) return [...rows];
  const kept = rows.slice(0, most);
  const last = kept.at(-1);
  if (last !== undefined) kept[most - 1] = width(last) < cells ? last + ellipsis : fit(`${last} `, cells, {ellipsis});
  return kept;
}

function wrapOne(line: string, cells: number, rows: string[]): void {
  let rest = line;
  while (width(rest) > cells) {
    let head = take(rest, cells);
    // A character wider than the row: it goes out alone rather than never.
    if (head === '') head = firstGrapheme(rest);
    const space = rest[head.length] === ' ' ? head.length : head.lastIndexOf(' ');
    // Breaking at a space is only worth it when the row stays reasonably full and is not all indentation.
    if (space > head.length / 2 && head.slice(0, space).trim() !== '') {
      rows.push(rest.slice(0, space));
      rest = rest.slice(space + 1);
    } else {
      rows.push(head);
      rest = rest.slice(head.length);
    }
  }
  if (rest !== '' || line === '') rows.push(rest);
}

function drawable(text: string): string {
  return CONTROL.test(text) ? safeText(text) : text;
}

function pad(text: string, cells: number, align: 'left' | 'right' | 'center'): string {
  const gap = cells - width(text);
  if (gap <= 0) return text;
  if (align === 'left') return text + ' '.repeat(gap);
  if (align === 'right') return ' '.repeat(gap) + text;
  const left = Math.floor(gap / 2);
  return ' '.repeat(left) + text + ' '.repeat(gap - left);
}

function cutEnd(text: string, cells: number, mark: string): string {
  if (cells <= 0) return '';
  if (NARROW.test(text)) return text.length <= cells ? text : text.slice(0, Math.max(0, cells - width(mark))) + take(mark, cells);
  if (fitsWithin(text, cells)) return text;
  return take(text, cells - width(mark)) + take(mark, cells);
}

function cutStart(text: string, cells: number, mark: string): string {
  if (cells <= 0) return '';
  if (width(text) <= cells) return text;
  return take(mark, cells) + takeEnd(text, cells - width(mark));
}

/** Bounded work on long texts: stops at the first cell too many. */
function fitsWithin(text: string, cells: number): boolean {
  let used = 0;
  for (const {segment} of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > cells) return false;
  }
  return true;
}

/** The longest beginning of at most `cells` cells. */
function take(text: string, cells: number): string {
  if (cells <= 0) return '';
  if (NARROW.test(text)) return text.slice(0, cells);
  let used = 0;
  for (const {segment, index} of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > cells) return text.slice(0, index);
  }
  return text;
}

/** The longest end of at most `cells` cells. */
function takeEnd(text: string, cells: number): string {
  if (cells <= 0) return '';
  if (NARROW.test(text)) return text.slice(-cells);
  let used = 0;
  let from = text.length;
  const segments = [...graphemes.segment(text)];
  for (let i = segments.length - 1; i >= 0; i--) {
    const {segment, index} = segments[i]!;
    used += stringWidth(segment);
    if (used > cells) break;
    from = index;
  }
  return text.slice(from);
}

function firstGrapheme(text: string): string {
  for (const {segment} of graphemes.segment(text)) return segment;
  return text;
}

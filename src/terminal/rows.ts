/**
 * A row of the screen as data: spans of safe text, each with a meaning. Presenters make rows, `paint` colours them, a component draws
 * them. A row never holds more cells than it was cut to.
 */
import {fit, fitMiddle, fitSafe, fitStart, width} from './fit.ts';
import {asciiTwin, type Glyphs} from './glyphs.ts';
import {safeText} from './safe-text.ts';
import type {Tone} from './theme.ts';

/** What a mouse click means: chosen by the presenter, carried out by the store. */
export type Hit =
  /** A view by its digit. */
  {type: 'view'; index: number} | {type: 'item'; index: number} | {type: 'action'; action: string};

export interface Span {
  text: string;
  tone?: Tone;
  inverse?: boolean;
  /** The style of a cell of another terminal, in place of a tone: SGR numbers. */
  sgr?: readonly number[];
  hit?: Hit;
}

export interface Row {
  spans: readonly Span[];
  /** The line the keys act on: bold, with a pointer in its left margin. */
  selected?: boolean;
  hit?: Hit;
}

export const BLANK: Row = {spans: []};

export function span(text: string, tone: Tone = 'plain', hit?: Hit): Span {
  return hit ? {text, tone, hit} : {text, tone};
}

/** A row from spans and plain strings. */
export function row(...parts: (Span | string)[]): Row {
  return {spans: parts.map((part) => (typeof part === 'string' ? {text: part} : part))};
}

/** Text that is not ours (URL, path, log text), made safe for one row. At most 2,000 characters are looked at. */
export function theirs(text: string, glyphs: Glyphs, tone: Tone = 'plain'): Span {
  return {text: safeText(text.length > 2000 ? `${text.slice(0, 2000)} ` : text, glyphs.ascii), tone};
}

export function rowWidth(spans: readonly Span[]): number {
  let sum = 0;
  for (const one of spans) sum += width(one.text);
  return sum;
}

/** The row in at most `cells` cells, cut with the mark. Never padded: blank cells cost Ink as much as others. */
export function fitRow(drawn: Row, cells: number, glyphs: Glyphs): Row {
  const marked = drawn.selected === true ? withPointer(drawn, glyphs) : drawn;
  const value = glyphs.ascii ? {...marked, spans: marked.spans.map((one) => ({...one, text: asciiTwin(one.text)}))} : marked;
  if (rowWidth(value.spans) <= cells) return value;
  const spans: Span[] = [];
  let left = cells;
  for (const one of value.spans) {
    const wide = width(one.text);
    // One cell stays for the mark unless this span ends the row exactly.
    if (wide <= left - 1) {
      spans.push(one);
      left -= wide;
      continue;
    }
    spans.push({...one, text: fit(one.text.length > wide && left <= 1 ? glyphs.cut : `${one.text} `, left, {ellipsis: glyphs.cut})});
    break;
  }
  return {...value, spans};
}

/** The first `most` rows; where some are left out, the last one that is kept ends with the mark. */
export function clipRows(rows: readonly Row[], most: number, glyphs: Glyphs): Row[] {
  if (rows.length <= most) return [...rows];
  const kept = rows.slice(0, Math.max(0, most));
  const last = kept.pop();
  return last === undefined ? [] : [...kept, {...last, spans: [...last.spans, span(glyphs.cut, last.spans.at(-1)?.tone ?? 'plain')]}];
}

/** Rows that can be selected begin with a blank: the pointer's place. */
function withPointer(drawn: Row, glyphs: Glyphs): Row {
  const [first, ...rest] = drawn.spans;
  if (!first?.text.startsWith(' ')) return drawn;
  return {...drawn, spans: [{text: glyphs.pointer, tone: 'accent'}, {...first, text: first.text.slice(1)}, ...rest]};
}

/** `left` at the left, `right` at the right edge; when both do not fit, the right one goes. */
export function spread(left: readonly Span[], right: readonly Span[], cells: number): Row {
  const gap = cells - rowWidth(left) - rowWidth(right);
  if (gap < 1) return {spans: left};
  return {spans: [...left, {text: ' '.repeat(gap)}, ...right]};
}

export interface Piece {
  spans: Span[];
  /** 0 stays always; the highest number goes first when there is no room. */
  rank: number;
}

/** As many of the pieces as fit, in their order, `gap` cells apart. */
export function pack(pieces: readonly Piece[], cells: number, gap = 2): Span[] {
  let kept = [...pieces];
  const total = () => kept.reduce((sum, one) => sum + rowWidth(one.spans) + gap, -gap);
  while (kept.length > 0 && total() > cells) {
    const worst = kept.reduce((a, b) => (b.rank >= a.rank ? b : a));
    if (worst.rank === 0) break;
    kept = kept.filter((one) => one !== worst);
  }
  return kept.flatMap((one, index) => (index === 0 ? one.spans : [{text: ' '.repeat(gap)}, ...one.spans]));
}

export interface Column {
  title: string;
  /** Cells; or the least a flexible column takes, together with `grow`. */
  width: number;
  grow?: number;
  align?: 'left' | 'right';
  /** Which part of a too long text is kept. */
  keep?: 'start' | 'end' | 'both';
  /** 0 stays always; the highest number goes first in a narrow terminal. */
  rank: number;
}

export interface Layout {
  columns: {column: Column; index: number; width: number}[];
}

const GAP = 2;
const MARGIN = 1;

/** Chooses the columns that fit, and their widths: what is left over goes to those that grow. */
export function layout(columns: readonly Column[], cells: number): Layout {
  let kept = columns.map((column, index) => ({column, index, width: column.width}));
  const total = () => kept.reduce((sum, one) => sum + one.width, 0) + GAP * (kept.length - 1) + MARGIN * 2;
  while (total() > cells) {
    const worst = kept.reduce((a, b) => (b.column.rank >= a.column.rank ? b : a));
    if (worst.column.rank === 0) break;
    kept = kept.filter((one) => one !== worst);
  }
  let spare = cells - total();
  const shares = kept.reduce((sum, one) => sum + (one.column.grow ?? 0), 0);
  if (spare > 0 && shares > 0) {
    const each = spare / shares;
    for (const one of kept) {
      const extra = Math.min(spare, Math.ceil(each * (one.column.grow ?? 0)));
      one.width += extra;
      spare -= extra;
    }
  }
  return {columns: kept};
}

export interface Cell {
  text: string;
  tone?: Tone;
}

/** One table row. `cells[i]` belongs to column `i` of the full list; texts may be untrusted. */
export function tableRow(plan: Layout, cells: readonly (Cell | string)[], glyphs: Glyphs): Row {
  const spans: Span[] = [{text: ' '.repeat(MARGIN)}];
  plan.columns.forEach(({column, index, width: wide}, position) => {
    const raw = cells[index] ?? '';
    const cell = typeof raw === 'string' ? {text: raw} : raw;
    const options = {align: column.align ?? 'left', ellipsis: glyphs.cut, ascii: glyphs.ascii};
    const known = glyphs.ascii ? asciiTwin(cell.text) : cell.text;
    const text =
      column.keep === 'end' || column.keep === 'both'
        ? (column.keep === 'end' ? fitStart : fitMiddle)(safeText(known.slice(0, 4000), glyphs.ascii), wide, options)
        : fitSafe(known, wide, options);
    spans.push({text, tone: cell.tone ?? 'plain'});
    if (position < plan.columns.length - 1) spans.push({text: ' '.repeat(GAP)});
  });
  return {spans};
}

/** The titles of a table's columns. */
export function tableHead(plan: Layout, columns: readonly Column[], glyphs: Glyphs): Row {
  return tableRow(
    plan,
    columns.map((column) => ({text: column.title, tone: 'dim' as const})),
    glyphs,
  );
}

/** The last `cells` values as a line of blocks; the scale starts at zero and ends at the highest value shown (or `top`). */
export function sparkline(values: readonly number[], cells: number, glyphs: Glyphs, top?: number): string {
  if (cells <= 0) return '';
  const shown = values.slice(-cells);
  const high = Math.max(top ?? 0, ...shown, 0);
  const steps = glyphs.spark.length;
  const drawn = shown.map((value) => {
    if (high <= 0 || value <= 0) return glyphs.spark[0]!;
    return glyphs.spark[Math.min(steps - 1, Math.max(1, Math.ceil((value / high) * steps) - 1))]!;
  });
  return ' '.repeat(cells - drawn.length) + drawn.join('');
}

/** A bar of `cells` cells, filled in proportion; anything above zero shows at least one cell. */
export function bar(value: number, most: number, cells: number, glyphs: Glyphs): {full: string; rest: string} {
  const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
  const full = share === 0 ? 0 : Math.max(1, Math.round(share * cells));
  return {full: glyphs.bar.repeat(full), rest: glyphs.barEmpty.repeat(Math.max(0, cells - full))};
}

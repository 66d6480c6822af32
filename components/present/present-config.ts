/** How the server was set up: the options in effect, or the configuration that was made of them. */
import type {ConfigView, EffectiveOption} from '../../src/model/commands.ts';
import {SECTION_PURPOSES, headingAt, sectionOf} from '../../src/model/config-sections.ts';
import {width as cells, wrapLines} from '../../src/terminal/fit.ts';
import {BLANK, layout, pack, row, span, spread, tableRow, theirs, type Column, type Piece, type Row} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {visible} from './present-list.ts';
import {ruleRow} from './present-rule.ts';

const COLUMNS: readonly Column[] = [
  {title: '', width: 1, rank: 0},
  {title: 'option', width: 29, rank: 0},
  {title: 'value', width: 20, grow: 1, rank: 0},
  {title: 'what it does', width: 40, grow: 3, rank: 1},
];

/** Rows for an explanation below the list, at its most. */
const BELOW = 2;

export function presentConfig(s: Snapshot, space: Space): Presented {
  const {view, error} = s.fetched.config;
  if (view === null) return {rows: [BLANK, row(span('   '), theirs(error ?? 'fetching', s.glyphs, error === null ? 'dim' : 'bad'))]};
  return {rows: s.ui.config.part === 'options' ? options(s, view, space) : file(s, view, space)};
}

/** Lines of the file in a body of this height; the rest is the line above them and the explanation below. */
export function configRoom(height: number): number {
  return Math.max(1, height - 1 - belowRows(height));
}

function belowRows(height: number): number {
  return height >= 18 ? 2 * BELOW + 1 : height >= 13 ? BELOW + 1 : height >= 7 ? BELOW : 0;
}

/** The explanation in exactly the rows that it has, so that the list above does not jump. */
function below(s: Snapshot, first: readonly Row[], second: readonly Row[], {width, height}: Space): Row[] {
  const most = belowRows(height);
  if (most === 0) return [];
  const rows = [...first.slice(0, BELOW), ...second.slice(0, BELOW)];
  return most > BELOW ? [ruleRow(s, width), ...rows].slice(0, most) : rows.slice(0, most);
}

function options(s: Snapshot, {options: all}: ConfigView, space: Space): Row[] {
  const {width, height} = space;
  const {config} = s.ui;
  const given = all.filter((one) => one.given).length;
  const rows: Row[] = [
    status(
      s,
      [
        {spans: [span('options in effect', 'strong')], rank: 0},
        {spans: [span(`${given} given, `), span(`${all.length - given} as they are by default`, 'dim')], rank: 2},
      ],
      'httpd.conf',
      width,
    ),
  ];
  const at = Math.max(0, Math.min(config.option, all.length - 1));
  const plan = layout(COLUMNS, width);
  const list: Row[] = [];
  let selected = 0;
  for (const [index, one] of all.entries()) {
    if (one.area !== all[index - 1]?.area) list.push(row(span(' '), theirs(areaName(one.area), s.glyphs, 'accent')));
    if (index === at) selected = list.length;
    list.push({...optionRow(one, plan, s), selected: index === at, hit: {type: 'item', index}});
  }
  const room = Math.max(1, height - 1 - Math.min(belowRows(height), BELOW + 1));
  const {from, to} = visible(selected, list.length, room);
  rows.push(...fill(list.slice(from, to), room));
  const one = all[at];
  if (one) rows.push(...below(s, words(`${one.name}: ${one.help}`, s, width, 'plain'), [], space));
  return rows;
}

function optionRow(one: EffectiveOption, plan: ReturnType<typeof layout>, s: Snapshot): Row {
  return tableRow(
    plan,
    [
      {text: one.given ? s.glyphs.own : '', tone: 'accent'},
      {text: one.name, tone: one.given ? 'strong' : 'plain'},
      {text: one.value, tone: one.given ? 'strong' : 'dim'},
      {text: one.help, tone: 'dim'},
    ],
    s.glyphs,
  );
}

function file(s: Snapshot, view: ConfigView, space: Space): Row[] {
  const {width, height} = space;
  const {config} = s.ui;
  const {lines} = view;
  const at = Math.max(0, Math.min(config.line, lines.length - 1));
  const section = sectionOf(lines, at);
  const pieces: Piece[] = [{spans: [theirs(view.file, s.glyphs, 'strong')], rank: 2}];
  if (lines.length > 0) pieces.push({spans: [span('line ', 'dim'), span(`${at + 1} of ${lines.length}`)], rank: 0});
  const rows: Row[] = [status(s, pieces, 'options', width)];
  if (view.error !== undefined) return [...rows, BLANK, row(span('   it cannot be read: ', 'bad'), theirs(view.error, s.glyphs))];
  const room = configRoom(height);
  // The window is the user's; after a resize it still holds the cursor.
  const top = Math.max(0, at - room + 1, Math.min(config.top, at));
  const digits = String(lines.length).length;
  const hits = new Set(config.hits);
  const shown = lines.slice(top, top + room).map((text, index) => {
    const number = top + index;
    const tone = hits.has(number) ? 'soon' : headingAt(lines, number) !== null ? 'accent' : text.startsWith('#') ? 'dim' : 'plain';
    const spans = [span(` ${String(number + 1).padStart(digits)}  `, 'dim'), theirs(text, s.glyphs, tone)];
    return {spans, selected: number === at, hit: {type: 'item' as const, index: number}};
  });
  rows.push(...fill(shown, room));
  const purpose = section === null ? undefined : SECTION_PURPOSES[section];
  const first = section === null || purpose === undefined ? [] : words(`${section}: ${purpose}`, s, width, 'accent');
  const text = safeText((lines[at] ?? '').trim(), s.glyphs.ascii);
  // What does not fit on its row stands below in full.
  const second = cells(lines[at] ?? '') + digits + 3 > width ? words(text, s, width, 'plain') : [];
  rows.push(...below(s, first, second, space));
  return rows;
}

/** @param pieces what this part says of itself; @param other the part that `o` leads to. */
function status(s: Snapshot, pieces: Piece[], other: string, width: number): Row {
  const {search, hits, error, part, option, line} = s.ui.config;
  const found: Piece[] = [];
  if (search !== '') {
    const at = hits.indexOf(part === 'options' ? option : line) + 1;
    const count = error ?? (hits.length === 0 ? 'not found' : `${at > 0 ? `${at} of ` : ''}${hits.length} found`);
    found.push({
      spans: [
        span('search ', 'dim'),
        theirs(search.slice(0, 40), s.glyphs, 'accent'),
        theirs(`  ${count}`, s.glyphs, hits.length === 0 ? 'soon' : 'plain'),
      ],
      rank: 1,
    });
  }
  const right = [span('o ', 'accent', {type: 'action', action: 'part'}), span(`${other} `, 'dim', {type: 'action', action: 'part'})];
  return spread([span(' '), ...pack([...pieces, ...found], width - 4 - other.length, 3)], right, width);
}

function words(text: string, s: Snapshot, width: number, tone: 'plain' | 'accent'): Row[] {
  const lines = wrapLines(safeText(text.slice(0, 4000), s.glyphs.ascii), Math.max(10, width - 2));
  const kept = lines.slice(0, BELOW);
  // What is left out is marked.
  if (lines.length > BELOW) kept[BELOW - 1] = `${kept[BELOW - 1]!.slice(0, Math.max(0, width - 3))}${s.glyphs.cut}`;
  return kept.map((line) => row(span(` ${line}`, tone)));
}

function fill(rows: Row[], height: number): Row[] {
  return [...rows, ...Array.from({length: Math.max(0, height - rows.length)}, () => BLANK)];
}

function areaName(area: string): string {
  return area === 'https' ? 'HTTPS' : `${area.slice(0, 1).toUpperCase()}${area.slice(1)}`;
}

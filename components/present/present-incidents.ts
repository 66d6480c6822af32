/** What went wrong, the lasting ones first, then the newest; below the list what the selected one means. */
import type {IncidentKind, IncidentSummary} from '../../src/model/incidents.ts';
import {selectIncidents} from '../../src/model/select-incidents.ts';
import {clock, duration, plural} from '../../src/terminal/format.ts';
import {BLANK, clipRows, layout, row, span, tableHead, tableRow, type Column, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {labelled, paragraph} from './paragraph.ts';
import {visible} from './present-list.ts';
import {placeText, withoutPlace} from './present-places.ts';

const COLUMNS: readonly Column[] = [
  {title: 'time', width: 11, rank: 1},
  {title: 'what', width: 15, rank: 0},
  {title: 'in words', width: 24, grow: 3, rank: 0},
  {title: 'where', width: 23, grow: 1, keep: 'end', rank: 2},
  {title: 'pid', width: 7, align: 'right', rank: 5},
  {title: 'times', width: 5, align: 'right', rank: 4},
  {title: 'lasted', width: 12, rank: 3},
];

export const KIND_WORDS: Record<IncidentKind, string> = {
  stuck: 'stuck request',
  'request-timeout': 'request timeout',
  wedged: 'wedged',
  crash: 'crash',
  'memory-limit': 'memory limit',
  'cpu-limit': 'CPU limit',
  'restart-loop': 'restart loop',
  'failed-load': 'does not load',
  'failed-reload': 'reload failed',
  saturated: 'saturated',
  'server-errors': '5xx',
  'disk-full': 'disk full',
  'log-failure': 'log failure',
  descriptors: 'descriptors',
  disconnects: 'disconnects',
  'apache-died': 'Apache died',
  'by-hand': 'by hand',
};

export function presentIncidents(s: Snapshot, {width, height}: Space): Presented {
  const list = selectIncidents(s.state.incidents);
  if (list.length === 0) {
    const opening = 'They open by themselves: a stuck request, a timeout, a crash, a limit, a reload that fails, a burst of 5xx.';
    const byHand = s.readOnly ? [] : [span(' i', 'accent'), span(' files one by hand.', 'dim')];
    return {
      rows: [
        BLANK,
        row(span(`   ${noneWords(s)}`, 'plain')),
        ...paragraph(opening, s, width, 'dim'),
        row(span('   Each keeps its evidence on disk.', 'dim'), ...byHand),
      ],
    };
  }
  const index = Math.max(
    0,
    list.findIndex((one) => one.id === s.ui.selected.incident),
  );
  const selected = list[index]!;
  // A third of the screen, or what a short list leaves of it.
  const below = clipRows(meaning(selected, s, width), Math.max(Math.floor(height / 3), height - list.length - 3), s.glyphs);
  const plan = layout(COLUMNS, width);
  const open = list.filter((one) => one.closedAt === null).length;
  const title = `${plural(list.length, 'incident')}${open > 0 ? `, ${open === list.length ? 'all of them open' : `${open} open`}` : ', none open'}`;
  const rows: Row[] = [row(span(` ${title}`, open > 0 ? 'soon' : 'plain')), tableHead(plan, COLUMNS, s.glyphs)];
  const {from, to} = visible(index, list.length, height - rows.length - (below.length > 0 ? below.length + 1 : 0));
  for (let at = from; at < to; at++) {
    const one = list[at]!;
    rows.push({...tableRow(plan, cellsOf(one, s), s.glyphs), selected: at === index, hit: {type: 'item', index: at}});
  }
  return {rows: below.length === 0 ? rows : [...rows, BLANK, ...below]};
}

function noneWords({state}: Snapshot): string {
  if (state.replay) return 'no incidents until this moment of the recording';
  return state.info?.foreign ? 'no incidents since this screen looks' : 'no incidents: nothing has gone wrong';
}

/** Red while it lasts and is an error, yellow while it lasts or nobody has looked, grey when it is history. */
export function incidentTone(one: IncidentSummary, seen: boolean): Tone {
  if (one.closedAt === null) return one.severity === 'error' ? 'now' : 'soon';
  return seen || one.earlier ? 'dim' : 'soon';
}

function cellsOf(one: IncidentSummary, s: Snapshot) {
  return [
    {text: when(one.openedAt, s.now), tone: 'dim' as const},
    {text: KIND_WORDS[one.kind] ?? one.kind, tone: incidentTone(one, s.ui.seen.has(one.id))},
    shortTitle(one, s),
    {text: one.where === null ? '' : placeText({file: one.where.file, line: one.where.line}, s), tone: 'own' as const},
    {text: one.pid === null ? '' : String(one.pid), tone: 'dim' as const},
    {text: one.count > 1 ? String(one.count) : '', tone: 'soon' as const},
    {text: one.earlier ? 'earlier' : lasted(one, s.now), tone: one.closedAt === null ? ('soon' as const) : ('dim' as const)},
  ];
}

/** The other columns say what it was and where. */
export function shortTitle({kind, title, where}: IncidentSummary, s: Snapshot): string {
  const name = `${KIND_WORDS[kind]}: `;
  const bare = title.startsWith(name) ? title.slice(name.length) : title;
  return where === null ? bare : withoutPlace(bare, placeText(where, s));
}

/** The time of day; of another day the date as well. */
function when(at: number, now: number): string {
  const day = new Date(at);
  if (day.toDateString() === new Date(now).toDateString()) return clock(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(day.getMonth() + 1)}-${two(day.getDate())} ${clock(at).slice(0, 5)}`;
}

/** `open 41.2 s`, `12 s`, `earlier`: of an earlier supervisor the end may never have been seen. */
export function lasted(one: IncidentSummary, now: number): string {
  if (one.closedAt === null) return one.earlier ? 'earlier' : `open ${duration(now - one.openedAt)}`;
  const long = one.closedAt - one.openedAt;
  return `${long < 1000 ? 'a moment' : duration(long)}${one.earlier ? ', earlier' : ''}`;
}

function meaning(one: IncidentSummary, s: Snapshot, width: number): Row[] {
  return [
    ...(one.cause === '' ? [] : labelled('what it means', one.cause, s, width)),
    ...(one.remedy === '' ? [] : labelled('what to do', one.remedy, s, width)),
  ];
}

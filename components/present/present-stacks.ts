/** The list of stacks that were taken, newest first. */
import type {StackCause, StackMethod, StackSummary} from '../../src/model/stacks.ts';
import {width as cells} from '../../src/terminal/fit.ts';
import {clock, plural} from '../../src/terminal/format.ts';
import {BLANK, layout, row, span, tableHead, tableRow, type Column, type Layout, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {paragraph} from './paragraph.ts';
import {visible} from './present-list.ts';

/** How the stacks were had. */
export const METHOD_WORDS: Record<StackMethod, string> = {
  agent: 'told by the agent',
  faulthandler: 'by signal, without the GIL',
  mod_wsgi: "mod_wsgi's own dump",
  crash: 'last words of the process',
  pystack: 'by pystack, from outside',
  'py-spy': 'by py-spy, from outside',
  proc: 'only what the kernel tells',
};

export const CAUSE_WORDS: Record<StackCause, {text: string; tone: Tone}> = {
  asked: {text: 'asked for', tone: 'dim'},
  'request-timeout': {text: 'timeout', tone: 'soon'},
  wedged: {text: 'wedged', tone: 'now'},
  stopping: {text: 'stopping', tone: 'dim'},
  crash: {text: 'crash', tone: 'now'},
  early: {text: 'early', tone: 'soon'},
};

const BY_THEMSELVES = 'They come by themselves when a request stands still or times out, when a process is wedged, or when one dies.';
const FOREIGN =
  'Of a server that was not started by wsgideck they are taken from outside, by pystack or py-spy where one of them is installed.';

const WHAT = 'what';
const HOW = 'how';

const COLUMNS: readonly Column[] = [
  {title: 'time', width: 8, rank: 1},
  {title: 'cause', width: 9, rank: 0},
  {title: WHAT, width: 26, grow: 1, rank: 0},
  {title: 'pid', width: 7, align: 'right', rank: 2},
  {title: 'threads', width: 7, align: 'right', rank: 4},
  {title: 'serving', width: 7, align: 'right', rank: 3},
  {title: HOW, width: 26, rank: 5},
];

/** A capture that was asked for has no story of its own. */
export function captureTitle(one: Pick<StackSummary, 'title' | 'cause' | 'pid'>): string {
  return one.title === '' || one.title === one.cause ? `stacks of daemon ${one.pid}` : one.title;
}

export function presentStacks(s: Snapshot, {width, height}: Space): Presented {
  const captures = s.state.captures.toReversed();
  if (captures.length === 0) {
    return {
      rows: [
        BLANK,
        s.state.replay
          ? row(span('   no stacks until this moment of the recording', 'dim'))
          : row(span('   no stacks taken yet: ', 'dim'), span('s', 'accent'), span(' takes those of all daemon processes now', 'dim')),
        ...paragraph(s.state.info?.foreign ? FOREIGN : BY_THEMSELVES, s, width, 'dim'),
      ],
    };
  }
  const plan = layout(COLUMNS, width);
  const selected = Math.max(
    0,
    captures.findIndex((one) => one.id === s.ui.selected.capture),
  );
  const rows: Row[] = [row(span(` ${plural(captures.length, 'capture')}, newest first`, 'plain')), tableHead(plan, COLUMNS, s.glyphs)];
  const below = whole(captures[selected]!, plan, s, width);
  const {from, to} = visible(selected, captures.length, height - rows.length - below.length);
  for (let index = from; index < to; index++) {
    const one = captures[index]!;
    const cause = CAUSE_WORDS[one.cause];
    const cells = [
      {text: clock(one.at), tone: 'dim' as const},
      cause,
      {text: captureTitle(one), tone: cause.tone === 'dim' ? ('plain' as const) : cause.tone},
      {text: String(one.pid), tone: 'dim' as const},
      {text: String(one.threads), tone: 'dim' as const},
      {text: String(one.requests)},
      {text: METHOD_WORDS[one.method], tone: 'dim' as const},
    ];
    rows.push({...tableRow(plan, cells, s.glyphs), selected: index === selected, hit: {type: 'item', index}});
  }
  return {rows: [...rows, ...below]};
}

/** What the selected one is about, where its row had to be cut. */
function whole(one: StackSummary, plan: Layout, s: Snapshot, width: number): Row[] {
  const title = captureTitle(one);
  const room = plan.columns.find(({column}) => column.title === WHAT)?.width ?? 0;
  const how = plan.columns.some(({column}) => column.title === HOW) ? '' : ` (${METHOD_WORDS[one.method]})`;
  return cells(title) <= room ? [] : [BLANK, ...paragraph(title + how, s, width, 'plain', 3)];
}

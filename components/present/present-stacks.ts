/** The list of stacks that were taken, newest first. */
import type {StackCause, StackMethod, StackSummary} from '../../src/model/stacks.ts';
import {clock, plural} from '../../src/terminal/format.ts';
import {BLANK, layout, row, span, tableHead, tableRow, type Column, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
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

const COLUMNS: readonly Column[] = [
  {title: 'time', width: 8, rank: 1},
  {title: 'cause', width: 9, rank: 0},
  {title: 'what', width: 26, grow: 1, rank: 0},
  {title: 'pid', width: 7, align: 'right', rank: 2},
  {title: 'threads', width: 7, align: 'right', rank: 4},
  {title: 'serving', width: 7, align: 'right', rank: 3},
  {title: 'how', width: 26, rank: 5},
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
        row(span('   no stacks taken yet: ', 'dim'), span('s', 'accent'), span(' takes those of all daemon processes now', 'dim')),
        row(span('   They come by themselves when a request times out, a process is wedged, or one dies.', 'dim')),
      ],
    };
  }
  const plan = layout(COLUMNS, width);
  const selected = Math.max(
    0,
    captures.findIndex((one) => one.id === s.ui.selected.capture),
  );
  const rows: Row[] = [row(span(` ${plural(captures.length, 'capture')}, newest first`, 'plain')), tableHead(plan, COLUMNS, s.glyphs)];
  const {from, to} = visible(selected, captures.length, height - rows.length);
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
  return {rows};
}

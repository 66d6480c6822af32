/** The requests that are being served, oldest first. */
import type {ActiveRequest, InstanceInfo} from '../../src/model/events.ts';
import {isBlind} from '../../src/model/select-totals.ts';
import {selectCountdown, type Countdown} from '../../src/model/select-countdown.ts';
import {isStopped} from '../../src/model/select-stopped.ts';
import {ownFrame} from '../../src/model/select-frames.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';
import {age, countdown, duration, plural} from '../../src/terminal/format.ts';
import {BLANK, layout, row, rowWidth, span, tableHead, tableRow, theirs, type Column, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {stopping} from './present-attention.ts';
import {fitting, limitSentences} from './present-countdown.ts';
import {paragraph} from './paragraph.ts';
import {visible} from './present-list.ts';
import {logLayout, presentLogLine} from './present-log-line.ts';

const PLACE = 'in the code at';
/** Of a server that is only observed. */
const BLIND =
  'From outside, requests are seen through mod_status alone, which this Apache does not have or does not show to this machine; with "ExtendedStatus On" it tells their URLs. An access log would at least show those that have finished. Under wsgideck each is shown with its line of code (: what a restart would add).';

const COLUMNS: readonly Column[] = [
  {title: 'age', width: 8, align: 'right', rank: 0},
  {title: 'method', width: 6, rank: 1},
  {title: 'path', width: 24, grow: 3, keep: 'both', rank: 0},
  {title: 'pid', width: 7, align: 'right', rank: 4},
  {title: 'thr', width: 3, align: 'right', rank: 7},
  {title: 'queue', width: 7, align: 'right', rank: 6},
  {title: 'client', width: 24, rank: 8},
  {title: 'verdict', width: 7, rank: 5},
  {title: PLACE, width: 20, grow: 2, keep: 'end', rank: 3},
  {title: 'gives up in', width: 11, align: 'right', rank: 2},
];

export function presentRequests(s: Snapshot, {width, height}: Space): Presented {
  const rows: Row[] = [...stopping(s, width), rule(s, width)];
  if (s.state.requests.length === 0) return {rows: [...rows, ...finished(s, {width, height: height - rows.length})]};
  return {rows: [...rows, ...requestTable(s, {width, height: height - rows.length})]};
}

/** While nothing is being served: what was, the newest at the bottom. */
function finished(s: Snapshot, {width, height}: Space): Row[] {
  const room = Math.max(0, height - 2);
  const lines = s.fetched.tail?.entries.slice(-room) ?? [];
  if (lines.length === 0 && isBlind(s.state)) return [BLANK, ...paragraph(BLIND, s, width, 'dim')];
  if (room === 0 || lines.length === 0) return [];
  const plan = logLayout(width);
  return [BLANK, row(span(' the last that have finished', 'dim')), ...lines.map((one) => presentLogLine(one, plan, s.glyphs))];
}

/** The request that is marked, null for none; and the number of the first row among all that can be chosen in the view. */
interface Marked {
  chosen: string | null;
  first: number;
}

function firstChosen(s: Snapshot): Marked {
  return {chosen: s.ui.selected.request ?? s.state.requests[0]?.id ?? null, first: 0};
}

/** The table alone, title first: the overview shows it too. */
export function requestTable(s: Snapshot, {width, height}: Space, {chosen, first}: Marked = firstChosen(s)): Row[] {
  const {requests, info} = s.state;
  const plan = layout(COLUMNS, width);
  const rule = selectCountdown(s.state);
  const found = requests.findIndex((one) => one.id === chosen);
  // A request that has finished while it was selected: the oldest takes its place. None chosen: nothing is marked.
  const selected = chosen === null ? -1 : Math.max(0, found);
  const {from, to} = visible(Math.max(0, selected), requests.length, height - 1);
  const hidden = requests.length - (to - from);
  const titles =
    hidden === 0
      ? COLUMNS
      : COLUMNS.map((one) => (one.title === 'path' ? {...one, title: `path (${to - from} of ${requests.length})`} : one));
  const rows: Row[] = [tableHead(plan, titles, s.glyphs)];
  for (let index = from; index < to; index++) {
    const request = requests[index]!;
    rows.push({...requestRow(request, rule, s, info, plan), selected: index === selected, hit: {type: 'item', index: first + index}});
  }
  return rows;
}

function requestRow(one: ActiveRequest, rule: Countdown, s: Snapshot, info: InstanceInfo | null, plan: ReturnType<typeof layout>): Row {
  const ms = s.now - one.startedAt;
  const left = rule.left(one, s.now);
  const tone = urgency(ms, left, rule.limit, (one.pieces ?? 0) > 0);
  const verdict = s.state.verdicts.find((other) => other.requestId === one.id)?.verdict;
  const cells = [
    {text: age(ms), tone: tone === 'plain' && ms < 1000 ? ('dim' as const) : tone},
    one.method,
    one.url,
    {text: String(one.pid), tone: 'dim' as const},
    {text: one.worker === undefined ? '' : String(one.worker), tone: 'dim' as const},
    {text: one.queueMs === undefined ? '' : duration(one.queueMs), tone: 'dim' as const},
    {text: one.client ?? '', tone: 'dim' as const},
    {text: verdictCell(one, verdict), tone: verdict === 'stuck' || verdict === 'waiting' ? ('soon' as const) : ('dim' as const)},
    {text: one.at === undefined ? '' : fittingAt(shortAt(one.at, info), placeWidth(plan), s.glyphs.cut), tone: 'dim' as const},
    {
      text: isStopped(s.state.processes, one.pid) ? 'stopped' : rule.rule === 'off' ? 'never' : countdown(left),
      tone: tone === 'plain' ? ('dim' as const) : tone,
    },
  ];
  return tableRow(plan, cells, s.glyphs);
}

/** A response that is sent piece by piece is called that as soon as there is a piece, unless it stands still. */
function verdictCell({pieces = 0}: ActiveRequest, verdict: RequestVerdict['verdict'] | undefined): string {
  if (pieces > 0 && verdict !== 'stuck' && verdict !== 'waiting') return 'streams';
  return verdict === undefined || verdict === 'unknown' ? '' : verdict;
}

function placeWidth(plan: ReturnType<typeof layout>): number {
  return plan.columns.find(({column}) => column.title === PLACE)?.width ?? 0;
}

/** The file's name and the line are worth most: first the folder goes, then the end of the function's name. */
function fittingAt(at: string, width: number, cut: string): string {
  if (at.length <= width) return at;
  const bare = at.replace(/^[^ ]*\//, '');
  if (bare.length <= width) return bare;
  const [line = ''] = bare.split(' ');
  return line.length + 3 > width ? line : `${bare.slice(0, width - 1)}${cut}`;
}

/** Grey is fine, yellow will matter soon, red now. */
function urgency(ms: number, left: number | null, limit: number, streams: boolean): Tone {
  if (left !== null && limit > 0) {
    if (left < Math.max(5, limit * 0.2)) return 'now';
    if (left < limit * 0.5) return 'soon';
  }
  return ms >= 10_000 && !streams ? 'soon' : 'plain';
}

function rule(s: Snapshot, width: number): Row {
  const {state} = s;
  const {rule: which, limit} = selectCountdown(state);
  const pids = new Set(state.requests.map((one) => one.pid)).size;
  const dropped = state.agents.reduce((sum, one) => sum + one.dropped, 0);
  const active =
    state.requests.length === 0
      ? isBlind(state)
        ? 'nobody tells what is being served'
        : 'nothing is being served'
      : `${state.requests.length} active on ${plural(pids, 'process', 'processes')}${dropped > 0 ? ` (${dropped} more not listed)` : ''}`;
  const left = [span(` ${active}   `)];
  // The whole sentence where it fits, else its figures alone.
  const text = fitting(limitSentences({rule: which, limit}, state.info), width - rowWidth(left) - 1);
  return row(...left, theirs(text, s.glyphs, 'dim'));
}

/** `file:line in func` with the file named as a reader would. */
export function shortAt(at: string, info: InstanceInfo | null): string {
  const match = /^(.*):(\d+)(?: in (.*))?$/s.exec(at);
  if (!match) return at;
  const frame = ownFrame({file: match[1]!, line: Number(match[2]), func: match[3] ?? ''}, info);
  return `${frame.short}:${frame.line}${frame.func === '' ? '' : ` ${frame.func}`}`;
}

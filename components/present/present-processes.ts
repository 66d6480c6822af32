/** Who runs, what it costs, and why the previous ones went. */
import {diagnoseRestart} from '../../src/diagnose/index.ts';
import type {RestartCause} from '../../src/model/events.ts';
import {selectProcesses} from '../../src/model/select-processes.ts';
import type {RestartRecord} from '../../src/model/state.ts';
import {upTo, wrapLines} from '../../src/terminal/fit.ts';
import {bytes, clock, duration, percent, plural} from '../../src/terminal/format.ts';
import {BLANK, layout, row, span, tableHead, tableRow, theirs, type Column, type Row} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {visible} from './present-list.ts';
import {SLOT_WORDS} from './present-slots.ts';

const COLUMNS: readonly Column[] = [
  {title: 'role', width: 10, rank: 0},
  {title: 'pid', width: 7, align: 'right', rank: 0},
  {title: 'cpu', width: 6, align: 'right', rank: 1},
  {title: 'memory', width: 8, align: 'right', rank: 1},
  {title: 'thr', width: 3, align: 'right', rank: 7},
  {title: 'age', width: 8, align: 'right', rank: 3},
  {title: 'busy', width: 5, align: 'right', rank: 4},
  {title: 'agent', width: 9, rank: 2},
  {title: 'its predecessor went', width: 20, grow: 2, rank: 6},
  {title: 'name', width: 11, grow: 1, rank: 5},
];

const WHY: Column = {title: 'why', width: 20, rank: 0};

const RESTARTS: readonly Column[] = [
  {title: 'time', width: 8, rank: 0},
  {title: 'pid', width: 7, align: 'right', rank: 2},
  WHY,
  {title: 'in its words', width: 26, grow: 1, rank: 1},
  {title: 'in flight', width: 9, align: 'right', rank: 3},
];

/** Causes in plain words. */
export const RESTART_WORDS: Record<RestartCause, {text: string; tone: Tone}> = {
  'request-timeout': {text: 'request timeout', tone: 'soon'},
  'deadlock-timeout': {text: 'GIL held too long', tone: 'now'},
  'maximum-requests': {text: 'maximum requests', tone: 'dim'},
  'inactivity-timeout': {text: 'was idle', tone: 'dim'},
  'cpu-time-limit': {text: 'CPU time limit', tone: 'soon'},
  'memory-limit': {text: 'memory limit', tone: 'soon'},
  'restart-interval': {text: 'restart interval', tone: 'dim'},
  'startup-timeout': {text: 'never loaded the app', tone: 'now'},
  graceful: {text: 'graceful restart', tone: 'dim'},
  shutdown: {text: 'told to stop', tone: 'dim'},
  reload: {text: 'reload', tone: 'dim'},
  'script-changed': {text: 'script changed', tone: 'dim'},
  crash: {text: 'crashed', tone: 'now'},
  killed: {text: 'killed', tone: 'now'},
  'apache-restart': {text: 'Apache restarted', tone: 'dim'},
  unknown: {text: 'not known', tone: 'soon'},
};

export function presentProcesses(s: Snapshot, {width, height}: Space): Presented {
  const processes = selectProcesses(s.state.processes);
  if (processes.length === 0) return {rows: [BLANK, row(span('   no reading of the processes yet', 'dim'))]};
  const restarts = s.state.restarts.toReversed();
  const [newest] = restarts;
  const meaning = newest ? restartMeaning(newest, s, width, 1) : [];
  const below = restarts.length === 0 ? 2 : Math.min(restarts.length + 3 + meaning.length, Math.max(3, Math.floor(height * 0.45)));
  const plan = layout(COLUMNS, width);
  const selected = Math.max(
    0,
    processes.findIndex((one) => one.pid === s.ui.selected.pid),
  );
  const groups = groupRows(s);
  const {from, to} = visible(selected, processes.length, Math.min(processes.length, Math.max(2, height - below - 1 - groups.length)));
  // What is scrolled out of sight is told of in the title.
  const titles =
    to - from === processes.length ? COLUMNS : COLUMNS.with(0, {...COLUMNS[0]!, title: `role ${to - from}/${processes.length}`});
  const rows: Row[] = [tableHead(plan, titles, s.glyphs)];
  for (let index = from; index < to; index++) {
    const one = processes[index]!;
    const agent = s.state.agents.find((other) => other.pid === one.pid);
    const state = one.stopped ? 'stopped' : (agent?.state ?? one.agent);
    const slot = s.state.slots.find((other) => other.pids.includes(one.pid));
    const cells = [
      {text: one.role, tone: 'plain' as const},
      String(one.pid),
      {text: percent(one.cpu), tone: one.cpu >= 90 ? ('soon' as const) : ('plain' as const)},
      bytes(one.rss),
      {text: String(one.threads), tone: 'dim' as const},
      {text: duration(s.now - one.startedAt), tone: 'dim' as const},
      agent ? `${agent.busy}/${agent.total}` : '',
      {
        text: state ?? '',
        tone: state === 'wedged' || state === 'stopped' ? ('now' as const) : state === 'connected' ? ('dim' as const) : ('soon' as const),
      },
      {text: one.replaced ?? '', tone: 'dim' as const},
      {text: slot ? `${slot.name} ${slot.state}` : one.label, tone: slot ? SLOT_WORDS[slot.state].tone : ('dim' as const)},
    ];
    rows.push({...tableRow(plan, cells, s.glyphs), selected: index === selected, hit: {type: 'item', index}});
  }
  rows.push(...groups, BLANK);
  if (restarts.length === 0)
    return {rows: [...rows, row(span(` no process has gone since ${s.state.info?.foreign ? 'this screen looks' : 'the start'}`, 'dim'))]};
  // Where nothing was cut off, the words get the room of the numbers.
  const most = Math.max(...restarts.map((one) => RESTART_WORDS[one.cause].text.length));
  const columns = (restarts.some((one) => one.inFlight.length > 0) ? RESTARTS : RESTARTS.slice(0, -1)).with(2, {...WHY, width: most});
  const words = layout(columns, width);
  const room = height - rows.length - 2;
  const said = room < 4 ? [] : room >= restarts.length + 2 * meaning.length ? restartMeaning(restarts[0]!, s, width, 2) : meaning;
  const shown = restarts.slice(0, Math.max(0, room - said.length));
  const which = shown.length === restarts.length ? 'newest first' : `the last ${shown.length} of them`;
  rows.push(row(span(` ${plural(restarts.length, 'process has', 'processes have')} gone, ${which}`)), tableHead(words, columns, s.glyphs));
  for (const [index, one] of shown.entries()) {
    const cause = RESTART_WORDS[one.cause];
    rows.push(
      tableRow(
        words,
        [
          {text: clock(one.at), tone: 'dim'},
          {text: String(one.pid), tone: 'dim'},
          cause,
          {text: ownWords(one.text, cause.text)},
          {text: one.inFlight.length === 0 ? '' : String(one.inFlight.length), tone: 'soon'},
        ],
        s.glyphs,
      ),
    );
    if (index === 0) rows.push(...said);
  }
  return {rows};
}

/** What the column before has said already is not said again. */
function ownWords(text: string, cause: string): string {
  return text.startsWith(`${cause}: `) ? text.slice(cause.length + 2) : text;
}

/** What the newest end means and what to do, unless somebody asked for it. */
function restartMeaning(record: RestartRecord, s: Snapshot, width: number, most: number): Row[] {
  const [found] = diagnoseRestart(record, s.state);
  if (!found || found.severity === 'info') return [];
  return [
    ['means', found.cause],
    ['do', found.remedy],
  ].flatMap(([label, text]) => saidBeside(label!, text!, most, s, width));
}

function saidBeside(label: string, text: string, most: number, s: Snapshot, width: number): Row[] {
  const room = Math.max(10, width - 13);
  const lines = upTo(wrapLines(safeText(text, s.glyphs.ascii), room), most, room, s.glyphs.cut);
  return lines.map((line, index) => row(span(`     ${(index === 0 ? label : '').padEnd(7)}`, 'dim'), span(line)));
}

/** The process groups, where there are several, and of a server that is only observed Apache's own workers. */
function groupRows(s: Snapshot): Row[] {
  const groups = s.state.info?.groups ?? [];
  const {scoreboard} = s.state;
  const workers = scoreboard
    ? [row(span(" Apache's workers  ", 'dim'), span(`${scoreboard.busy} busy  ${s.glyphs.sep}  ${scoreboard.idle} idle`))]
    : [];
  if (groups.length < 2) return workers;
  return [
    row(
      span(` ${groups.length} process groups  `, 'dim'),
      theirs(groups.map((one) => `${one.name} ${one.processes} × ${one.threads}`).join(`  ${s.glyphs.sep}  `), s.glyphs),
    ),
    ...workers,
  ];
}

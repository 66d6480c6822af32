/** The log: a window of matching entries, the newest at the bottom. */
import type {LogEntry} from '../../src/model/log.ts';
import {count} from '../../src/terminal/format.ts';
import {BLANK, pack, row, span, spread, theirs, type Piece, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {LEVELS, LOG_SOURCES, type LogChoice} from '../store/ui-state.ts';
import {diagnosisOf} from './diagnoses.ts';
import {logLayout, presentLogLine} from './present-log-line.ts';

export function presentLogs(s: Snapshot, {width, height}: Space): Presented {
  const {window, error} = s.fetched.log;
  const rows: Row[] = [status(s, width)];
  if (error !== null) return {rows: [...rows, row(span('   '), theirs(error, s.glyphs, 'bad'))]};
  if (window === null) return {rows: [...rows, row(span('   fetching', 'dim'))]};
  if (window.error !== undefined)
    return {rows: [...rows, row(span('   the filter is not a regular expression: ', 'bad'), theirs(window.error, s.glyphs))]};
  if (window.entries.length === 0) {
    const narrowed = s.ui.log.filter !== '' || narrows(s.ui.log.level) || s.ui.log.source !== 0;
    return {rows: [...rows, BLANK, row(span(narrowed ? '   nothing matches' : '   nothing logged yet', 'dim'))]};
  }
  const plan = logLayout(width);
  const room = height - rows.length;
  const shown = s.ui.log.anchor.mode === 'after' ? window.entries.slice(0, room) : window.entries.slice(-room);
  const selected = selectedEntry(s);
  const lines: Row[] = [];
  let last = 0;
  for (const entry of shown) {
    lines.push({...presentLogLine(entry, plan, s.glyphs), selected: entry.seq === selected, hit: {type: 'item', index: entry.seq}});
    if (entry.seq !== selected) continue;
    lines.push(...meaning(entry, s));
    last = lines.length;
  }
  // What explains the selected line pushes out the lines that are farthest from it.
  const over = Math.max(0, lines.length - room);
  const top = last > lines.length - over ? over : 0;
  return {rows: [...rows, ...lines.slice(top, top + room)]};
}

/** What a line means, and what to do about it. */
function meaning(entry: LogEntry, s: Snapshot): Row[] {
  const found = diagnosisOf(entry, s.state);
  if (found === null) return [];
  const tone = found.severity === 'info' ? 'dim' : 'plain';
  return [
    row(span('     means  ', 'dim'), theirs(found.cause, s.glyphs, tone)),
    row(span('     do     ', 'dim'), theirs(found.remedy, s.glyphs, tone)),
  ];
}

/** Does it hide what a reader may miss. */
function narrows(level: LogChoice['level']): boolean {
  return level !== null && level !== 'quiet';
}

/** The entry the keys act on; none while following, so that the newest line does not flicker. */
export function selectedEntry(s: Snapshot): number | null {
  return s.ui.log.anchor.mode === 'follow' && s.ui.selected.entry === null ? null : s.ui.selected.entry;
}

function status(s: Snapshot, width: number): Row {
  const {log} = s.ui;
  const window = s.fetched.log.window;
  const following = log.anchor.mode === 'follow';
  const level = LEVELS.find((one) => one.level === log.level)!.label;
  const pieces: Piece[] = [
    {
      spans: [
        following ? span('following', 'good') : span(window?.newer ? 'scrolled back' : 'at the end', 'soon'),
        ...(following ? [] : [span(' F', 'accent'), span(' follows', 'dim')]),
      ],
      rank: 0,
    },
    {spans: [span('level ', 'dim'), span(level, narrows(log.level) ? 'accent' : 'plain')], rank: 2},
    {spans: [span('source ', 'dim'), span(LOG_SOURCES[log.source]!.label, log.source === 0 ? 'plain' : 'accent')], rank: 3},
  ];
  if (log.filter !== '') pieces.push({spans: [span('filter ', 'dim'), theirs(log.filter.slice(0, 60), s.glyphs, 'accent')], rank: 1});
  const {last, dropped} = s.state.log;
  const right = [span(`${count(last)} entries${dropped > 0 ? `, the oldest ${count(dropped)} dropped` : ''} `, 'dim')];
  return spread([span(' '), ...pack(pieces, width - 2, 3)], right, width);
}

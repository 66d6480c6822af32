/** The server could not be started, or kept dying: why, what it said last, what to do. */
import {diagnoseExit} from '../../src/diagnose/index.ts';
import type {ExitInfo} from '../../src/model/events.ts';
import {upTo, wrapLines} from '../../src/terminal/fit.ts';
import {BLANK, row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {labelled} from './paragraph.ts';
import {logLayout, presentLogLine} from './present-log-line.ts';

export function presentFailed(s: Snapshot, {width, height}: Space): Presented {
  const {lifecycle, log, notices} = s.state;
  const rows: Row[] = [];
  const roomy = height >= 14;
  if (roomy) rows.push(BLANK);
  const cells = Math.max(10, width - 6);
  const reason = wrapLines(safeText(lifecycle.detail || 'Apache has ended', s.glyphs.ascii), cells);
  for (const [index, line] of upTo(reason, 4, cells, s.glyphs.cut).entries())
    rows.push(row(span(index === 0 ? ` ${s.glyphs.cross} ` : '   ', 'now'), span(line, 'now')));
  if (lifecycle.exit !== null) rows.push(row(span(`   Apache ended with ${exitWords(lifecycle.exit)}`, 'dim')));
  const lines = [...new Map([...log.problems, ...log.recent].map((one) => [one.seq, one])).values()].toSorted((a, b) => a.seq - b.seq);
  const found =
    lifecycle.exit === null
      ? undefined
      : diagnoseExit(
          lifecycle.exit,
          lines.map((one) => one.text),
        )[0];
  if (found) rows.push(...labelled('what it means', found.cause, s, width), ...labelled('what to do', found.remedy, s, width));
  for (const one of notices.filter((notice) => notice.severity !== 'info').slice(-3)) {
    rows.push(row(span(' ! ', 'soon'), theirs(one.text, s.glyphs)));
    if (one.remedy !== null) rows.push(row(span('   '), theirs(one.remedy, s.glyphs, 'dim')));
  }
  if (roomy) rows.push(BLANK);
  const again = s.readOnly ? [] : [span('r', 'accent'), span(' tries again   ')];
  rows.push(row(span('   '), ...again, span('4', 'accent'), span(' shows the log   '), span('q', 'accent'), span(' quits')));
  if (roomy) rows.push(BLANK);
  rows.push(row(span(' the last lines of the log', 'dim')));
  const plan = logLayout(width);
  const room = Math.max(0, height - rows.length);
  return {rows: [...rows, ...lines.slice(lines.length - Math.min(room, lines.length)).map((one) => presentLogLine(one, plan, s.glyphs))]};
}

function exitWords(exit: ExitInfo): string {
  if (exit.signal !== null) return `signal ${exit.signal}`;
  return exit.code === null ? 'an unknown status' : `status ${exit.code}`;
}

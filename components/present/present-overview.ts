/** The first screen: a stranger sees how the server is, an engineer on call sees where to go. */
import type {LogEntry} from '../../src/model/log.ts';
import {isBlind} from '../../src/model/select-totals.ts';
import {clock, duration} from '../../src/terminal/format.ts';
import {BLANK, row, rowWidth, span, spread, theirs, type Row, type Span} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {overviewItems, selectedItem} from './overview-items.ts';
import {presentAttention} from './present-attention.ts';
import {logLayout, presentLogLine} from './present-log-line.ts';
import {presentMetrics} from './present-metrics.ts';
import {requestTable} from './present-requests.ts';
import {phaseRows} from './present-phases.ts';
import {reloadMark, reloadNames} from './present-reload-line.ts';
import {ruleRow} from './present-rule.ts';

export function presentOverview(s: Snapshot, {width, height}: Space): Presented {
  const roomy = height >= 17;
  const rows: Row[] = [...presentMetrics(s, width, height), ...history(s, width)];
  const separators = roomy ? 2 : 0;
  const rest = Math.max(0, height - rows.length - separators);
  const attention = presentAttention(s, width, Math.max(1, Math.floor(rest * 0.4)));
  // Phases are for screens with room to spare: what needs a person and the requests come first.
  const phases = height >= 40 ? phaseRows(s, width, 10) : [];
  const left = rest - attention.length - (roomy && attention.length > 0 ? 1 : 0) - (phases.length > 0 ? phases.length + 1 : 0);
  const lines = recent(s, left);
  const wanted = s.state.requests.length === 0 ? 1 : s.state.requests.length + 1;
  // Requests get what they need up to two thirds; the log takes what is left.
  const tableHeight = Math.min(wanted, Math.max(Math.min(2, left), Math.ceil(left * 0.6), left - lines.length));
  if (roomy && attention.length > 0) rows.push(BLANK);
  rows.push(...attention);
  if (roomy) rows.push(ruleRow(s, width));
  if (tableHeight > 0) {
    rows.push(
      ...(s.state.requests.length === 0
        ? [
            row(
              span(
                isBlind(s.state) ? '   what is being served nobody tells: no mod_status here' : '   nothing is being served at this moment',
                'dim',
              ),
            ),
          ]
        : requestTable(s, {width, height: tableHeight}, chosenRequest(s))),
    );
  }
  if (phases.length > 0) rows.push(ruleRow(s, width), ...phases);
  if (roomy) rows.push(ruleRow(s, width));
  const plan = logLayout(width);
  const space = height - rows.length;
  for (const entry of space > 0 ? recent(s, space) : []) rows.push(presentLogLine(entry, plan, s.glyphs));
  return {rows};
}

/** The request that the keys act on, where it is not a concern: those come first among what can be chosen. */
function chosenRequest(s: Snapshot) {
  const items = overviewItems(s);
  const item = selectedItem(s);
  return {chosen: item && 'request' in item ? item.request : null, first: items.length - s.state.requests.length};
}

/** Last reload and last restart, one row. */
function history(s: Snapshot, width: number): Row[] {
  const {state, glyphs} = s;
  const reload = state.reloads.at(-1);
  const restart = state.restarts.at(-1);
  const right: Span[] =
    restart === undefined
      ? [span('restarts ', 'dim'), span('none ')]
      : [
          span('restarts  ', 'dim'),
          span(`${state.restarts.length}`),
          span(`  ${restart.cause} ${clock(restart.at)} `, serious(restart.cause) && s.now - restart.at < 300_000 ? 'soon' : 'dim'),
        ];
  const left: Span[] = [span(' reload    ', 'dim'), ...slotMarks(s)];
  if (reload === undefined) {
    const hint = state.info === null ? '' : state.info.reloadOnChanges ? 'on save, nothing changed yet' : 'by hand: r';
    left.push(span(hint, 'dim'));
  } else {
    const end =
      reload.status === 'done'
        ? `  live in ${duration(reload.ms)}`
        : reload.status === 'failed'
          ? `  ${reload.failure?.title ?? reload.detail ?? 'failed'}`
          : '  waiting for the new code to answer';
    left.push(
      reloadMark(reload, glyphs),
      span(`${clock(reload.seenAt)}  `, 'dim'),
      theirs(reloadNames(reload), glyphs),
      theirs(end, glyphs, reload.status === 'failed' ? 'now' : 'dim'),
      span(reload.cut === undefined ? '' : `, ${reload.cut} lost`, reload.cut ? 'now' : 'dim'),
    );
  }
  if (rowWidth(left) + rowWidth(right) < width) return [spread(left, right, width)];
  const short = [span('restarts ', 'dim'), span(`${state.restarts.length} `)];
  if (restart !== undefined && restart.at <= (reload?.seenAt ?? 0) && rowWidth(left) + rowWidth(short) < width)
    return [spread(left, short, width)];
  return restart !== undefined && (reload === undefined || restart.at > reload.seenAt) ? [{spans: [span(' '), ...right]}] : [{spans: left}];
}

/** While code is being swapped: which group is at what. */
function slotMarks(s: Snapshot): Span[] {
  const busy = s.state.slots.filter((one) => one.state !== 'live' && one.state !== 'empty');
  return busy.map((one) => span(`${one.name} ${one.state}  `, one.state === 'failed' ? 'now' : 'accent'));
}

function serious(cause: string): boolean {
  return ![
    'reload',
    'graceful',
    'shutdown',
    'script-changed',
    'maximum-requests',
    'restart-interval',
    'apache-restart',
    'inactivity-timeout',
  ].includes(cause);
}

/** The newest lines; up to half of them are problems that newer lines would have pushed out. */
function recent(s: Snapshot, most: number): LogEntry[] {
  if (most <= 0) return [];
  const {problems} = s.state.log;
  const newest = s.fetched.tail && s.fetched.tail.entries.length > s.state.log.recent.length ? s.fetched.tail.entries : s.state.log.recent;
  const fresh = problems.filter((one) => one.at > s.now - 600_000);
  const kept = fresh.slice(-Math.ceil(most / 2));
  const seen = new Set(kept.map((one) => one.seq));
  const others = newest.filter((one) => !seen.has(one.seq)).slice(-Math.max(0, most - kept.length));
  return [...kept, ...others].toSorted((a, b) => a.seq - b.seq);
}

/** The first screen: a stranger sees how the server is, an engineer on call sees where to go. */
import type {ReloadRecord} from '../../src/model/events.ts';
import type {LogEntry} from '../../src/model/log.ts';
import {KEEP} from '../../src/model/state.ts';
import {isBlind} from '../../src/model/select-totals.ts';
import {clock, duration} from '../../src/terminal/format.ts';
import {BLANK, pack, row, rowWidth, span, spread, theirs, type Piece, type Row, type Span} from '../../src/terminal/rows.ts';
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
  const attention = presentAttention(s, width, Math.max(1, Math.floor(rest * 0.4)), Math.max(1, Math.floor(rest * 0.55)));
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
                isBlind(s.state) ? '   nobody tells what is being served: no mod_status here' : '   nothing is being served at this moment',
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
  const pieces: Piece[] = [{spans: [span('reload  ', 'dim')], rank: 0}, ...slotMarks(s).map((one) => ({spans: [one], rank: 5}))];
  if (reload === undefined) pieces.push({spans: [span(reloadHint(s), 'dim')], rank: 0});
  else {
    pieces.push({spans: [reloadMark(reload, glyphs), span(clock(reload.seenAt), 'dim')], rank: 0});
    pieces.push({spans: [theirs(reloadNames(reload), glyphs)], rank: 3});
    pieces.push({spans: reloadEnd(reload, s), rank: reload.status === 'running' ? 1 : 4});
  }
  const worth = restart !== undefined && serious(restart.cause) && s.now - restart.at < 300_000;
  const count = state.restarts.length === 0 ? 'none ' : `${state.restarts.length} `;
  const last = restart === undefined ? [] : [span(` ${restart.cause} ${clock(restart.at)} `, worth ? 'soon' : 'dim')];
  // What a reload has replaced is said by the reload; an end that nobody asked for is worth more than what was loaded.
  const named = [span('restarts ', 'dim'), span(count)];
  const whole = rowWidth(pack(pieces, Number.MAX_SAFE_INTEGER)) + 2;
  const fits = [[...named, ...last], named].find((one) => whole + rowWidth(one) < width);
  const right = fits ?? (worth && reload?.status !== 'failed' ? [...named, ...last] : worth || whole >= width ? named : []);
  return [spread([span(' '), ...pack(pieces, width - rowWidth(right) - 3)], right, width)];
}

function reloadHint(s: Snapshot): string {
  const {info} = s.state;
  if (info === null) return '';
  if (info.reloadOnChanges) return 'on save, nothing changed yet';
  return 'by hand, none so far';
}

function reloadEnd(reload: ReloadRecord, {glyphs}: Snapshot): Span[] {
  if (reload.status === 'failed') return [theirs(reload.failure?.title ?? reload.detail ?? 'failed', glyphs, 'now')];
  if (reload.status !== 'done') return [span('waiting for the new code to answer', 'dim')];
  const lost = reload.cut === undefined ? '' : `, ${reload.cut} lost`;
  return [span(`live in ${duration(reload.ms)}`, 'dim'), span(lost, reload.cut ? 'now' : 'dim')];
}

/** While code is being swapped: which group is at what. */
function slotMarks(s: Snapshot): Span[] {
  const busy = s.state.slots.filter((one) => one.state !== 'live' && one.state !== 'empty');
  return busy.map((one) => span(`${one.name} ${one.state}`, one.state === 'failed' ? 'now' : 'accent'));
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
  const kept = together(problems.filter((one) => one.at > s.now - 600_000)).slice(-Math.ceil(most / 2));
  const seen = new Set(kept.flatMap((one) => one.seqs));
  const others = together(newest.filter((one) => !seen.has(one.seq))).slice(-Math.max(0, most - kept.length));
  return [...kept, ...(kept.length < most ? others : [])].map((one) => one.entry).toSorted((a, b) => a.seq - b.seq);
}

interface Folded {
  entry: LogEntry;
  seqs: number[];
}

/** Lines in a row that say the same, as one: the newest. How many there were before the oldest that is known, nobody knows. */
function together(entries: readonly LogEntry[]): Folded[] {
  const full = entries.length >= KEEP.recent;
  const found: (Folded & {first: LogEntry; count: number})[] = [];
  for (const one of entries) {
    const before = found.at(-1);
    const count = one.repeated ?? 1;
    const same = before !== undefined && one.access === undefined && before.first.source === one.source && before.first.text === one.text;
    if (!same) found.push({first: one, entry: one, count, seqs: [one.seq]});
    else {
      before.count += count;
      before.seqs.push(one.seq);
      const mark = `×${before.count}${full && before === found[0] ? '+' : ''}`;
      before.entry = {...one, text: `${mark} ${one.text}`};
      delete before.entry.repeated;
    }
  }
  return found;
}

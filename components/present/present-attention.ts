/** What needs a person, worst first; nothing at all when nothing does. */
import {selectAttention, type Concern} from '../../src/model/select-attention.ts';
import {age, countdown, duration, plural} from '../../src/terminal/format.ts';
import {pack, span, spread, theirs, type Piece, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Snapshot} from '../store/snapshot.ts';
import {shortAt} from './present-requests.ts';

const TONES: Record<Concern['severity'], Tone> = {error: 'now', warn: 'soon', info: 'accent'};

export function presentAttention(s: Snapshot, width: number, height: number): Row[] {
  const rows: Row[] = [...stopping(s, width)];
  const concerns = selectAttention(s.state, s.now);
  // Details only when each concern has its line.
  let spare = height - rows.length - concerns.length;
  for (const [index, concern] of concerns.entries()) {
    if (rows.length >= height) break;
    const hidden = concerns.length - index;
    if (rows.length === height - 1 && hidden > 1) {
      rows.push({
        spans: [
          span(` ! ${plural(hidden, 'more thing needs', 'more things need')} a look; the first: `, 'soon'),
          theirs(concern.text, s.glyphs),
        ],
      });
      break;
    }
    rows.push(concernRow(concern, s, width));
    const detail = concern.request ? null : concern.detail;
    if (detail !== null && spare > 0) {
      rows.push({spans: [span('   '), theirs(detail, s.glyphs, 'dim')]});
      spare--;
    }
  }
  return rows;
}

/** Progress of a stop, wherever the user looks. */
export function stopping(s: Snapshot, width: number): Row[] {
  const {lifecycle} = s.state;
  if (lifecycle.phase !== 'stopping') return [];
  const {drain} = lifecycle;
  const now = s.ui.stops === 2;
  const parts = [now ? lifecycle.detail || 'stopping now' : 'stopping'];
  if (drain !== null && !now) {
    parts.push(drain.inFlight === 0 ? 'nothing in flight' : `waits for ${plural(drain.inFlight, 'request')}`);
    if (drain.oldestMs !== null && drain.inFlight > 0) parts.push(`oldest ${duration(drain.oldestMs)}`);
    if (drain.deadline !== null) parts.push(`cut in ${countdown((drain.deadline - s.now) / 1000)}`);
  }
  const hint = s.quitMeans === 'stop' && !s.readOnly && !now ? [span('ctrl-c', 'accent'), span(' stops now ', 'dim')] : [];
  return [spread([span(' ! ', 'soon'), theirs(parts.join(', '), s.glyphs, 'soon')], hint, width)];
}

function concernRow(concern: Concern, s: Snapshot, width: number): Row {
  const tone = TONES[concern.severity];
  const mark = concern.severity === 'info' ? ' i ' : ' ! ';
  const selected = s.state.requests.find((one) => one.id === s.ui.selected.request) ?? s.state.requests[0];
  const right =
    concern.opens === null || concern.request !== selected ? [] : [span('enter ', 'accent'), span(`${s.glyphs.arrow} stack `, 'dim')];
  if (!concern.request)
    return spread(
      [span(mark, tone), theirs(concern.text, s.glyphs, concern.severity === 'info' ? 'plain' : tone)],
      concern.opens?.type === 'capture' ? [span('3', 'accent'), span(` ${s.glyphs.arrow} stack `, 'dim')] : [],
      width,
    );
  const {request} = concern;
  const url = request.url.length > 60 ? `${request.url.slice(0, 59)}…` : request.url;
  const pieces: Piece[] = [
    {spans: [span(age(s.now - request.startedAt).padStart(7), tone), span('  '), theirs(`${request.method} ${url}`, s.glyphs)], rank: 0},
  ];
  if (request.at !== undefined)
    pieces.push({spans: [span('at ', 'dim'), theirs(shortAt(request.at, s.state.info), s.glyphs, 'dim')], rank: 2});
  if (typeof concern.left === 'number') pieces.push({spans: [span('gives up in ', 'dim'), span(countdown(concern.left), tone)], rank: 1});
  const left = [span(mark, tone), ...pack(pieces, width - 4)];
  return spread(left, right, width);
}

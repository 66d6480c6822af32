/** One request and its stack, live. */
import {selectCountdown} from '../../src/model/select-countdown.ts';
import {age, countdown, duration, plural} from '../../src/terminal/format.ts';
import {BLANK, pack, row, span, theirs, type Piece, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import type {Detail} from '../store/ui-state.ts';
import {stopping} from './present-attention.ts';
import {presentFrames} from './present-frames.ts';
import {METHOD_WORDS} from './present-stacks.ts';

export function presentRequestDetail(s: Snapshot, detail: Extract<Detail, {kind: 'request'}>, {width, height}: Space): Presented {
  const {glyphs} = s;
  const request = s.state.requests.find((one) => one.id === detail.id);
  const live = s.fetched.live?.requestId === detail.id ? s.fetched.live : null;
  const ms = request ? s.now - request.startedAt : null;
  const pieces: Piece[] = [
    {
      spans: [theirs(`${detail.method} `, glyphs, 'strong'), theirs(shorten(detail.url, Math.max(20, width - 40)), glyphs, 'strong')],
      rank: 0,
    },
    {spans: [span(ms === null ? 'finished' : age(ms), ms === null ? 'good' : ms > 10_000 ? 'soon' : 'plain')], rank: 0},
    {spans: [span(`daemon ${detail.pid}${request?.worker === undefined ? '' : ` thread ${request.worker}`}`, 'dim')], rank: 2},
    {spans: [theirs(`id ${detail.id}`, glyphs, 'dim')], rank: 5},
  ];
  if (request?.client !== undefined) pieces.push({spans: [theirs(`from ${request.client}`, glyphs, 'dim')], rank: 4});
  if (request?.queueMs !== undefined) pieces.push({spans: [span(`queue ${duration(request.queueMs)}`, 'dim')], rank: 6});
  const rows: Row[] = [
    ...stopping(s, width),
    {spans: [span(' '), ...pack(pieces, width - 2)]},
    verdict(s, request !== undefined, live, width),
  ];
  if (height > 12) rows.push(BLANK);
  if (live?.thread) {
    const context = height >= 22 ? 3 : height >= 14 ? 2 : 1;
    const framed = presentFrames(live.thread.frames, s, {width, folded: s.ui.folded, context, top: request ? 'now' : 'last seen'});
    return {rows: [...rows, ...framed.rows], total: rows.length + framed.rows.length, sources: framed.sources};
  }
  const why = live?.error ?? (request ? 'asking for its stack' : 'it finished before its stack could be taken');
  return {rows: [...rows, row(span('   '), theirs(why, glyphs, 'dim'))]};
}

function verdict(s: Snapshot, running: boolean, live: Snapshot['fetched']['live'], width: number): Row {
  const countdownRule = selectCountdown(s.state);
  const request = s.state.requests.find((one) => one.id === live?.requestId);
  const left = request ? countdownRule.left(request, s.now) : null;
  const pieces: Piece[] = [];
  if (!running) pieces.push({spans: [span('it has finished; this is where it was last seen', 'dim')], rank: 0});
  else if (live && live.samples >= 3 && live.same >= 3) {
    const stuck =
      live.same === live.samples ? `${live.same} of ${live.samples} samples` : `the last ${live.same} of ${live.samples} samples`;
    pieces.push({spans: [span(`stands still: same line in ${stuck}, ${duration(live.at - live.sameSince)}`, 'soon')], rank: 0});
  } else if (live && live.samples >= 2)
    pieces.push({spans: [span(`moving: ${plural(live.samples, 'sample')} taken, the line changed`, 'dim')], rank: 0});
  else pieces.push({spans: [span('one stack a second while this is open', 'dim')], rank: 3});
  if (left !== null)
    pieces.push({spans: [span('mod_wsgi gives up in ', 'dim'), span(countdown(left), left < 10 ? 'now' : 'plain')], rank: 1});
  if (live?.method) pieces.push({spans: [span(METHOD_WORDS[live.method], 'dim')], rank: 2});
  if (live?.error && live.thread) pieces.push({spans: [theirs(live.error, s.glyphs, 'soon')], rank: 1});
  return {spans: [span(' '), ...pack(pieces, width - 2, 3)]};
}

function shorten(url: string, most: number): string {
  return url.length > most ? `${url.slice(0, most - 1)}…` : url;
}

/** What needs a person, worst first; nothing at all when nothing does. */
import type {Concern} from '../../src/model/select-attention.ts';
import {selectStopped, stoppedLine} from '../../src/model/select-stopped.ts';
import {streamWords} from '../../src/model/verdict.ts';
import {ownFrame} from '../../src/model/select-frames.ts';
import {upTo, wrapLines} from '../../src/terminal/fit.ts';
import {age, countdown, duration, plural} from '../../src/terminal/format.ts';
import {pack, row, rowWidth, span, spread, theirs, type Piece, type Row, type Span} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Snapshot} from '../store/snapshot.ts';
import {concernsOf} from './concerns.ts';
import {overviewItems, selectedItem} from './overview-items.ts';
import {countdownSentences, fitting} from './present-countdown.ts';
import {visible} from './present-list.ts';
import {shortAt} from './present-requests.ts';
import {withoutPlace} from './present-places.ts';
import {verdictMeaning} from './present-verdict.ts';

const TONES: Record<Concern['severity'], Tone> = {error: 'now', warn: 'soon', info: 'accent'};

/** Where `enter` leads, in a word. */
const LEADS = {request: 'stack', capture: 'stack', incident: 'evidence', entry: 'traceback', page: 'more', view: 'more'} as const;

/** @param height rows that all concerns may take. @param most rows up to which the one that is selected may say in full what it means. */
export function presentAttention(s: Snapshot, width: number, height: number, most = height): Row[] {
  const rows: Row[] = [...stopping(s, width)];
  const concerns = concernsOf(s);
  if (concerns.length === 0) return rows;
  const item = selectedItem(s);
  const selected = item && 'concern' in item ? concerns.findIndex((one) => one.key === item.concern.key) : -1;
  const room = Math.max(1, height - rows.length);
  // The selected one explains itself, if need be in the place of lesser ones; the others only when each has its line.
  const chosen = concerns[selected];
  const explain = new Map<Concern, Row[]>();
  if (chosen) explain.set(chosen, detailRows(chosen, s, width).slice(0, room - 1));
  const lines = room - (chosen ? explain.get(chosen)!.length : 0);
  const {from, to} = visible(Math.max(0, selected), concerns.length, Math.min(lines, concerns.length));
  let spare = lines - (to - from);
  for (const one of concerns.slice(from, to)) {
    if (one === chosen) continue;
    const details = detailRows(one, s, width).slice(0, spare);
    explain.set(one, details);
    spare -= details.length;
  }
  const used = rows.length + (to - from) + [...explain.values()].reduce((sum, one) => sum + one.length, 0);
  if (chosen) explain.set(chosen, inFull(chosen, explain.get(chosen)!, s, width, most - used));
  const items = overviewItems(s);
  for (let index = from; index < to; index++) {
    const one = concerns[index]!;
    const hidden = concerns.length - (to - from);
    const more = hidden > 0 && index === to - 1 ? [span(`+${hidden} more `, 'soon')] : [];
    const at = items.findIndex((other) => other.key === `!${one.key}`);
    const drawn = concernRow(one, index === selected, more, s, width);
    rows.push(
      {...drawn, selected: index === selected, ...(at < 0 ? {} : {hit: {type: 'item' as const, index: at}})},
      ...(explain.get(one) ?? []),
    );
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
  const stopped = selectStopped(s.state.processes);
  return [
    spread([span(' ! ', 'soon'), theirs(parts.join(', '), s.glyphs, 'soon')], hint, width),
    ...(stopped === null ? [] : [row(span(' ! ', 'now'), theirs(stoppedLine(stopped), s.glyphs, 'now'))]),
  ];
}

function concernRow(concern: Concern, selected: boolean, more: Span[], s: Snapshot, width: number): Row {
  const tone = TONES[concern.severity];
  const hint = leads(concern, selected, s);
  // In the narrowest terminals the line of code is worth more than where a key leads.
  const right = concern.place !== null && width - rowWidth(hint) < LEAST_ROW ? more : [...more, ...hint];
  const pieces = concern.request ? requestPieces(concern, tone, s) : textPieces(concern, tone, s, width - rowWidth(right));
  const left = [span(` ${concern.severity === 'info' ? 'i' : '!'} `, tone), ...pack(pieces, width - 4 - rowWidth(right))];
  return spread(left, right, width);
}

function leads(concern: Concern, selected: boolean, s: Snapshot): Span[] {
  const {opens} = concern;
  if (opens === null) return [];
  if (opens.type === 'page' && opens.page === 'advice') return [span('a', 'accent'), span(` ${s.glyphs.arrow} advice `, 'dim')];
  return selected ? [span('enter', 'accent'), span(` ${s.glyphs.arrow} ${LEADS[opens.type]} `, 'dim')] : [];
}

/** Cells that a concern needs to say what and where. */
const LEAST_ROW = 50;
/** Cells that a sentence needs to say something. */
const LEAST_TEXT = 36;

function textPieces(concern: Concern, tone: Tone, s: Snapshot, room: number): Piece[] {
  const whole = placeSpan(concern, s);
  // In a narrow terminal the file and the line are worth more than the function.
  const where =
    whole !== null && room - 7 - rowWidth([whole]) < Math.min(concern.text.length, LEAST_TEXT) ? placeSpan(concern, s, false) : whole;
  const text = where === null ? concern.text : withoutPlace(concern.text, where.text);
  // The place must not be what is cut off: the sentence gives way.
  const wide = room - 5 - (where === null ? 0 : rowWidth([where]) + 2);
  const short = text.length > wide && where !== null && wide > 12 ? `${text.slice(0, wide - 1)}${s.glyphs.cut}` : text;
  return [
    {spans: [theirs(short, s.glyphs, concern.severity === 'info' ? 'plain' : tone)], rank: 0},
    ...(where === null ? [] : [{spans: [where], rank: 0}]),
  ];
}

function requestPieces(concern: Concern, tone: Tone, s: Snapshot): Piece[] {
  const {request, verdict, requests = 1} = concern;
  if (!request) return [];
  const url = request.url.length > 60 ? `${request.url.slice(0, 59)}${s.glyphs.cut}` : request.url;
  const name = theirs(`${request.method} ${url}`, s.glyphs);
  const old = age(s.now - request.startedAt);
  const where = placeSpan(concern, s);
  if (verdict === undefined || where === null || verdict.verdict === 'unknown') {
    const pieces: Piece[] = [{spans: [span(old.padStart(7), tone), span('  '), name], rank: 0}];
    if (request.at !== undefined)
      pieces.push({spans: [span('at ', 'dim'), theirs(shortAt(request.at, s.state.info), s.glyphs, 'dim')], rank: 2});
    if (typeof concern.left === 'number') pieces.push({spans: [span('gives up in ', 'dim'), span(countdown(concern.left), tone)], rank: 1});
    return pieces;
  }
  const {verdict: how, same, samples} = verdict;
  const streams = request.pieces !== undefined && how === 'slow';
  const what = streams ? 'streams' : how;
  const moving = streams ? streamWords(request, s.now) : `moving in ${plural(samples, 'sample')}`;
  const sampled = how === 'slow' ? moving : `same line in ${same} of ${samples} samples`;
  return [
    {spans: [span(`${requests > 1 ? `${requests} requests ` : ''}${what} ${old}`, tone)], rank: 0},
    {spans: [where], rank: 0},
    {spans: [name], rank: 1},
    ...(verdict.waitsIn === undefined ? [] : [{spans: [theirs(`in ${verdict.waitsIn}`, s.glyphs)], rank: 4}]),
    {spans: [span(sampled, 'dim')], rank: 3},
  ];
}

function placeSpan(concern: Concern, s: Snapshot, named = true): Span | null {
  const {place} = concern;
  if (place === null) return null;
  const {short} = ownFrame({...place, func: place.func ?? ''}, s.state.info);
  return theirs(`${short}:${place.line}${place.func === undefined || !named ? '' : ` in ${place.func}()`}`, s.glyphs, 'own');
}

/** What it means and what to do; of a request also when mod_wsgi will give up on it, and by which rule. */
function detailTexts(concern: Concern, s: Snapshot, width: number): string[] {
  const limit = concern.request ? fitting(countdownSentences(concern.request, s), width - 4) : null;
  const said = concern.detail === null ? verdictMeaning(concern.verdict) : null;
  return [said?.cause ?? concern.detail, said?.remedy ?? concern.remedy, limit].filter((text) => text !== null);
}

/** Each on one row. */
function detailRows(concern: Concern, s: Snapshot, width: number): Row[] {
  return detailTexts(concern, s, width).map((text) => ({spans: [span('   '), theirs(text, s.glyphs, 'dim')]}));
}

/** The same rows, wrapped as far as `spare` rows more allow: what is wrong comes before what to do. */
function inFull(concern: Concern, short: Row[], s: Snapshot, width: number, spare: number): Row[] {
  let left = spare;
  return detailTexts(concern, s, width)
    .slice(0, short.length)
    .flatMap((text) => {
      const lines = wrapLines(safeText(text.slice(0, 2000), s.glyphs.ascii), width - 4);
      const kept = upTo(lines, 1 + Math.max(0, left), width - 4, s.glyphs.cut);
      left -= kept.length - 1;
      return kept.map((line) => row(span(`   ${line}`, 'dim')));
    });
}

/** One request and its stack, live. */
import type {Diagnosis} from '../../src/model/diagnosis.ts';
import type {ActiveRequest} from '../../src/model/events.ts';
import {selectCountdown} from '../../src/model/select-countdown.ts';
import {selectStoppedProcess, stoppedLine, type Stopped} from '../../src/model/select-stopped.ts';
import {selectTotals} from '../../src/model/select-totals.ts';
import {streamWords} from '../../src/model/verdict.ts';
import {age, duration, plural} from '../../src/terminal/format.ts';
import {BLANK, pack, row, span, theirs, type Piece, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import type {Detail} from '../store/ui-state.ts';
import {stackDiagnoses} from './diagnoses.ts';
import {labelled} from './paragraph.ts';
import {stopping} from './present-attention.ts';
import {countdownSentences, fitting} from './present-countdown.ts';
import {presentFrames} from './present-frames.ts';
import {shortAt} from './present-requests.ts';
import {METHOD_WORDS} from './present-stacks.ts';
import {liveWords, verdictMeaning, verdictWords} from './present-verdict.ts';

/** Of a request that only Apache's scoreboard tells of. */
const OUTSIDE = "seen in Apache's scoreboard: which daemon serves it is not told there; s takes the stacks of all";

export function presentRequestDetail(s: Snapshot, detail: Extract<Detail, {kind: 'request'}>, {width, height}: Space): Presented {
  const {glyphs} = s;
  const request = s.state.requests.find((one) => one.id === detail.id);
  const live = s.fetched.live?.requestId === detail.id ? s.fetched.live : null;
  const stopped = request ? selectStoppedProcess(s.state.processes, request.pid) : null;
  const ms = request ? s.now - request.startedAt : null;
  const pieces: Piece[] = [
    {
      spans: [
        theirs(`${detail.method} `, glyphs, 'strong'),
        theirs(shorten(detail.url, Math.max(20, width - 40), glyphs.cut), glyphs, 'strong'),
      ],
      rank: 0,
    },
    {spans: [span(ms === null ? 'finished' : age(ms), ms === null ? 'good' : ms > 10_000 ? 'soon' : 'plain')], rank: 0},
    {
      spans: [
        span(
          `${detail.ident === '' ? "Apache's child" : 'daemon'} ${detail.pid}${request?.worker === undefined ? '' : ` thread ${request.worker}`}`,
          'dim',
        ),
      ],
      rank: 2,
    },
    {spans: [theirs(`id ${detail.id}`, glyphs, 'dim')], rank: 5},
  ];
  if (request?.client !== undefined) pieces.push({spans: [theirs(`from ${request.client}`, glyphs, 'dim')], rank: 4});
  if (request?.queueMs !== undefined) pieces.push({spans: [span(`queue ${duration(request.queueMs)}`, 'dim')], rank: 6});
  const rows: Row[] = [
    ...stopping(s, width),
    {spans: [span(' '), ...pack(pieces, width - 2)]},
    ...(detail.ident === '' ? [] : [stopped ? halted(stopped, s, width) : standing(s, request !== undefined, live, detail.id, width)]),
  ];
  if (request) rows.push(limitRow(request, s, width));
  if (request) rows.push(...fullRow(s));
  if (height > 12) rows.push(BLANK);
  const meaning = meaningRows(s, live, detail.id, width);
  if (live?.thread) {
    const context = height >= 22 ? 3 : height >= 14 ? 2 : 1;
    const framed = presentFrames(live.thread.frames, s, {
      width,
      folded: s.ui.folded,
      context,
      top: request && !(stopped && isFromInside(live)) ? 'now' : 'last seen',
    });
    // Where everything fits, the stack is read first; where not, the sentence that explains it must not be below the edge.
    const fits = rows.length + framed.rows.length + meaning.length < height;
    const before = fits ? rows : [...rows, ...meaning];
    const after = fits && meaning.length > 0 ? [BLANK, ...meaning] : [];
    return {
      rows: [...before, ...framed.rows, ...after],
      total: before.length + framed.rows.length + after.length,
      sources: framed.sources,
      places: framed.places.map((one) => ({...one, row: one.row + before.length})),
      main: framed.main,
    };
  }
  if (detail.ident === '') return {rows: [...rows, row(span('   '), span(OUTSIDE, 'dim'))]};
  const why = stopped
    ? unaskable(request, s)
    : (live?.error ?? (request ? 'asking for its stack' : 'it finished before its stack could be taken'));
  return {rows: [...rows, row(span('   '), theirs(why, glyphs, 'dim')), ...meaning]};
}

/** In the place of what the samples say: nothing in the process moves, so none of it is true of this moment. */
function halted(stopped: Stopped, {glyphs}: Snapshot, width: number): Row {
  return {spans: [span(' '), ...pack([{spans: [theirs(stoppedLine(stopped), glyphs, 'now')], rank: 0}], width - 2)]};
}

/** A stopped process answers neither its agent's questions nor a signal; a reader of stacks from outside needs no answer. */
function isFromInside(live: Snapshot['fetched']['live']): boolean {
  return live?.method !== 'pystack' && live?.method !== 'py-spy';
}

function unaskable(request: ActiveRequest | undefined, s: Snapshot): string {
  const seen = request?.at === undefined ? '' : `; last seen at ${shortAt(request.at, s.state.info)}`;
  return `the process is stopped: its stack cannot be asked for${seen}`;
}

/** Does it stand still: what the samples of the supervisor say, or those taken while this is open. */
function standing(s: Snapshot, running: boolean, live: Snapshot['fetched']['live'], id: string, width: number): Row {
  const pieces: Piece[] = [];
  const verdict = s.state.verdicts.find((one) => one.requestId === id);
  const request = s.state.requests.find((one) => one.id === id);
  const streams = (request?.pieces ?? 0) > 0 && verdict?.verdict !== 'waiting' && verdict?.verdict !== 'stuck';
  if (!running) pieces.push({spans: [span('it has finished; this is where it was last seen', 'dim')], rank: 0});
  else if (request && streams) pieces.push({spans: [span(streamWords(request, s.now))], rank: 0});
  else if (verdict && verdict.verdict !== 'unknown')
    pieces.push({spans: [theirs(verdictWords(verdict), s.glyphs, verdict.verdict === 'slow' ? 'plain' : 'soon')], rank: 0});
  if (running && live && live.samples >= 3 && live.same >= 3)
    pieces.push({
      spans: [span(liveWords(live.same, live.samples, live.at - live.sameSince), verdict || streams ? 'dim' : 'soon')],
      rank: verdict || streams ? 3 : 0,
    });
  else if (running && live && live.samples >= 2 && live.same < live.samples)
    pieces.push({spans: [span(`moving: ${plural(live.samples, 'sample')} taken, the line changed`, 'dim')], rank: verdict ? 3 : 0});
  else if (running) pieces.push({spans: [span('one stack a second while this is open', 'dim')], rank: 4});
  if (live?.method) pieces.push({spans: [span(METHOD_WORDS[live.method], 'dim')], rank: 2});
  if (live?.error && live.thread) pieces.push({spans: [theirs(live.error, s.glyphs, 'soon')], rank: 1});
  return {spans: [span(' '), ...pack(pieces, width - 2, 3)]};
}

function limitRow(request: ActiveRequest, s: Snapshot, width: number): Row {
  const left = selectCountdown(s.state).left(request, s.now);
  const tone = left !== null && left < 10 ? 'now' : 'dim';
  return row(span(' '), theirs(fitting(countdownSentences(request, s), width - 2), s.glyphs, tone));
}

/** One slow request is a nuisance; one that holds the last thread is an outage. */
function fullRow(s: Snapshot): Row[] {
  const {busy, capacity} = selectTotals(s.state, s.now);
  if (capacity === null || capacity === 0 || busy < capacity) return [];
  const which = capacity === 1 ? 'the only thread is' : `all ${capacity} threads are`;
  return [row(span(` ${which} busy: new requests wait in the queue`, 'soon'))];
}

/** What its stack means, and what to do about it. */
function meaningRows(s: Snapshot, live: Snapshot['fetched']['live'], id: string, width: number): Row[] {
  if (!live?.capture || !live.thread) return [];
  const verdict = s.state.verdicts.find((one) => one.requestId === id) ?? null;
  const place = (one: Diagnosis) =>
    one.place === undefined || live.thread!.frames.some(({file, line}) => file === one.place!.file && line === one.place!.line);
  const found = stackDiagnoses(live.capture, verdict, s).find(place);
  const {cause, remedy} = found ?? verdictMeaning(verdict) ?? {};
  if (cause === undefined || remedy === undefined) return [];
  return [...labelled('what it means', cause, s, width), ...labelled('what to do', remedy, s, width)];
}

function shorten(url: string, most: number, cut: string): string {
  return url.length > most ? `${url.slice(0, most - 1)}${cut}` : url;
}

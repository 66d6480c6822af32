/** One capture: the threads that serve a request first, each with its frames. */
import {culpritIndex, ownFrame} from '../../src/model/select-frames.ts';
import {selectThreads, type ThreadGroup} from '../../src/model/select-threads.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import {age, clock, plural} from '../../src/terminal/format.ts';
import {BLANK, row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, SourceWish, Space} from '../store/snapshot.ts';
import {stackDiagnoses} from './diagnoses.ts';
import {labelled} from './paragraph.ts';
import {presentFrames} from './present-frames.ts';
import {captureTitle, CAUSE_WORDS, METHOD_WORDS} from './present-stacks.ts';

/** Source windows are asked for only so many stacks of one capture. */
const MOST_SOURCES = 12;

export function presentCapture(s: Snapshot, id: number, {width, height}: Space): Presented {
  const summary = s.state.captures.find((one) => one.id === id);
  const fetched = s.fetched.capture?.id === id ? s.fetched.capture : null;
  const capture = fetched?.capture ?? null;
  const head = capture ?? summary;
  const rows: Row[] = [];
  if (head) {
    const cause = CAUSE_WORDS[head.cause];
    rows.push(
      row(span(` ${cause.text}`, cause.tone === 'dim' ? 'accent' : cause.tone), span('  '), theirs(captureTitle(head), s.glyphs, 'strong')),
    );
    rows.push(row(span(` ${clock(head.at)}  daemon ${head.pid}  ${METHOD_WORDS[head.method]}`, 'dim')));
  }
  if (capture === null) {
    const why = fetched?.error ?? (fetched ? 'this capture is not kept any more' : 'fetching');
    return {rows: [...rows, row(span('   '), theirs(why, s.glyphs, 'dim'))]};
  }
  rows.push(...explanation(capture, s, width));
  const drawn = captureRows(capture, s, {width, height});
  const places = drawn.places?.map((one) => ({...one, row: one.row + rows.length})) ?? [];
  rows.push(...drawn.rows);
  return {...drawn, rows, total: rows.length, places};
}

/** What the stacks mean and what to do about it, where a rule knows them. */
function explanation(capture: StackCapture, s: Snapshot, width: number): Row[] {
  const [found] = stackDiagnoses(capture, null, s);
  return found
    ? [...labelled('what it means', found.cause, s, width, 'plain', 3), ...labelled('what to do', found.remedy, s, width, 'plain', 3)]
    : [];
}

/** The threads of a capture, equal stacks together; what the stacks do not cover at the end. */
export function captureRows(capture: StackCapture, s: Snapshot, {width, height}: Space): Presented {
  const rows: Row[] = [];
  const places: NonNullable<Presented['places']> = [];
  let main = 0;
  const groups = selectThreads(capture);
  const sources: SourceWish[] = [];
  const idle: ThreadGroup[] = [];
  for (const group of groups) {
    if (s.ui.folded && group.requests.length === 0 && groups.some((one) => one.requests.length > 0)) {
      idle.push(group);
      continue;
    }
    if (height > 12 || rows.length > 0) rows.push(BLANK);
    rows.push(...threadHead(group, capture.at, s, width));
    const context = group.requests.length > 0 || groups.length === 1 ? (height >= 22 ? 2 : 1) : 0;
    const framed = presentFrames(group.thread.frames, s, {
      width,
      folded: s.ui.folded,
      context,
      top: group.requests.length > 0 ? 'here' : '',
    });
    if (places.length === 0) ({main} = framed);
    for (const one of framed.places) places.push({row: rows.length + one.row, place: one.place});
    rows.push(...framed.rows);
    if (sources.length < MOST_SOURCES) sources.push(...framed.sources);
  }
  if (idle.length > 0) rows.push(BLANK, ...idleRows(idle, s));
  if (capture.uncovered !== undefined) rows.push(BLANK, ...labelled('not covered', capture.uncovered, s, width, 'dim'));
  return {rows, sources, places, main};
}

function threadHead(group: ThreadGroup, at: number, s: Snapshot, _width: number): Row[] {
  const {thread, requests, count} = group;
  const name = thread.name === undefined ? '' : ` ${thread.name}`;
  if (requests.length === 0)
    return [
      row(span(` ${count > 1 ? `${plural(count, 'thread')} like ` : 'thread '}`, 'dim'), theirs(`${thread.ident}${name}`, s.glyphs, 'dim')),
    ];
  const rows = requests
    .slice(0, 3)
    .map((one) =>
      row(
        span(' '),
        theirs(`${one.method} ${one.url}`, s.glyphs, 'strong'),
        span(`  ${age(at - one.startedAt)}`, 'soon'),
        theirs(`  id ${one.id}`, s.glyphs, 'dim'),
      ),
    );
  if (requests.length > 3) rows.push(row(span(` and ${plural(requests.length - 3, 'more request')} at the same line`, 'dim')));
  return rows;
}

/** Threads without a request, one row each: enough to see that they wait for work. */
function idleRows(groups: ThreadGroup[], s: Snapshot): Row[] {
  return [
    row(
      span(
        ` without a request: ${plural(
          groups.reduce((sum, one) => sum + one.count, 0),
          'thread',
        )}, `,
        'dim',
      ),
      span('f', 'accent'),
      span(' unfolds', 'dim'),
    ),
    ...groups.map(({thread, count}) => {
      const owned = thread.frames.map((frame) => ownFrame(frame, s.state.info));
      const frame = owned[culpritIndex(owned)];
      const where = frame === undefined ? 'no Python frames' : `${frame.short}:${frame.line} ${frame.func}`;
      return row(span(`   ${count > 1 ? `${count} × ` : ''}`, 'dim'), theirs(`${thread.name ?? thread.ident}  ${where}`, s.glyphs, 'dim'));
    }),
  ];
}

/** One capture: the threads that serve a request first, each with its frames. */
import {culpritIndex, ownFrame} from '../../src/model/select-frames.ts';
import {selectStackGroups, type StackGroup} from '../../src/model/select-stack-groups.ts';
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
  const others = s.ui.alone ? [] : (fetched?.others ?? []);
  if (others.length > 0)
    rows.push(
      row(
        span(
          ` with ${plural(others.length, 'more process', 'more processes')} of the same moment: ${others.map((one) => one.pid).join(' ')}  `,
          'dim',
        ),
        span('o', 'accent'),
        span(' this one alone', 'dim'),
      ),
    );
  rows.push(...explanation(capture, s, width));
  const drawn = captureRows([capture, ...others], s, {width, height});
  const places = drawn.places?.map((one) => ({...one, row: one.row + rows.length})) ?? [];
  rows.push(...drawn.rows);
  return {...drawn, rows, total: rows.length, places};
}

/** What the stacks mean and what to do about it, where a rule knows them. */
function explanation(capture: StackCapture, s: Snapshot, width: number): Row[] {
  const [found] = stackDiagnoses(capture, null, s);
  return found ? [...labelled('what it means', found.cause, s, width), ...labelled('what to do', found.remedy, s, width)] : [];
}

/** The threads of one moment, equal stacks of all threads and processes together; what the stacks do not cover at the end. */
export function captureRows(captures: readonly StackCapture[], s: Snapshot, {width, height}: Space): Presented {
  const rows: Row[] = [];
  const places: NonNullable<Presented['places']> = [];
  const sources: SourceWish[] = [];
  let main = 0;
  const all = selectStackGroups(captures);
  const serving = all.filter(matters);
  const resting = all.filter((one) => !matters(one));
  const fold = s.ui.folded && serving.length > 0;
  const at = captures[0]?.at ?? s.now;
  for (const group of fold ? serving : [...serving, ...resting]) {
    if (height > 12 || rows.length > 0) rows.push(BLANK);
    rows.push(...groupHead(group, at, captures.length > 1, s));
    const context = group.requests.length > 0 || all.length === 1 ? (height >= 22 ? 2 : 1) : 0;
    const framed = presentFrames(group.frames, s, {width, folded: s.ui.folded, context, top: matters(group) ? 'here' : ''});
    if (places.length === 0) ({main} = framed);
    for (const one of framed.places) places.push({row: rows.length + one.row, place: one.place});
    rows.push(...framed.rows);
    if (framed.rows.length === 0)
      rows.push(row(span('     '), theirs(group.threads[0]?.thread.kernel ?? 'no Python frames', s.glyphs, 'dim')));
    if (sources.length < MOST_SOURCES) sources.push(...framed.sources);
  }
  if (fold && resting.length > 0) rows.push(BLANK, ...restingRows(resting, s));
  const uncovered = new Set(captures.map((one) => one.uncovered).filter((one) => one !== undefined));
  if (uncovered.size > 0) rows.push(BLANK);
  for (const one of uncovered) rows.push(...labelled('not covered', one, s, width, 'dim'));
  return {rows, sources, places, main};
}

/** Threads that serve a request, hold the interpreter or have crashed; the others only wait for work. */
function matters(group: StackGroup): boolean {
  return group.requests.length > 0 || group.threads.some((one) => one.culprit);
}

function groupHead(group: StackGroup, at: number, several: boolean, s: Snapshot): Row[] {
  const {threads, requests, count} = group;
  const {thread, pid} = threads[0]!;
  const where = several ? ` in ${placesOf(group)}` : '';
  if (requests.length === 0) {
    const name = `${thread.ident}${thread.name === undefined ? '' : ` ${thread.name}`}`;
    const culprit = threads.some((one) => one.culprit) ? span('  the culprit', 'now') : span('');
    return [
      row(span(` ${count > 1 ? `${plural(count, 'thread')}${where} like ` : 'thread '}`, 'dim'), theirs(name, s.glyphs, 'dim'), culprit),
    ];
  }
  const rows: Row[] = count > 1 ? [row(span(` ${plural(count, 'thread')} at the same line`, 'soon'), span(where, 'dim'))] : [];
  for (const one of requests.slice(0, 3)) {
    rows.push(
      row(
        span(' '),
        theirs(`${one.method} ${one.url}`, s.glyphs, 'strong'),
        span(`  ${age(at - one.startedAt)}`, 'soon'),
        theirs(`  id ${one.id}${several && count === 1 ? `  daemon ${pid}` : ''}`, s.glyphs, 'dim'),
      ),
    );
  }
  if (requests.length > 3) rows.push(row(span(` and ${plural(requests.length - 3, 'more request')} at the same line`, 'dim')));
  return rows;
}

/** `3 processes`, or the one there is. */
function placesOf({threads}: StackGroup): string {
  const pids = new Set(threads.map((one) => one.pid));
  return pids.size === 1 ? `daemon ${threads[0]!.pid}` : `${pids.size} processes`;
}

/** Threads without a request, one row each: enough to see that they wait for work. */
function restingRows(groups: StackGroup[], s: Snapshot): Row[] {
  const sum = groups.reduce((total, one) => total + one.count, 0);
  return [
    row(span(` without a request: ${plural(sum, 'thread')}, `, 'dim'), span('f', 'accent'), span(' unfolds', 'dim')),
    ...groups.map(({frames, threads, count}) => {
      const {thread} = threads[0]!;
      const owned = frames.map((frame) => ownFrame(frame, s.state.info));
      const frame = owned[culpritIndex(owned)];
      const where = frame === undefined ? (thread.kernel ?? 'no Python frames') : `${frame.short}:${frame.line} ${frame.func}`;
      return row(span(`   ${count > 1 ? `${count} × ` : ''}`, 'dim'), theirs(`${thread.name ?? thread.ident}  ${where}`, s.glyphs, 'dim'));
    }),
  ];
}

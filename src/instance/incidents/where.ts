/** Which line of the application a stack or a traceback points at. Pure. */
import type {Place} from '../../model/diagnosis.ts';
import type {InstanceInfo} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';
import {ownFrame} from '../../model/select-frames.ts';
import type {Frame, StackCapture, ThreadStack} from '../../model/stacks.ts';
import type {RequestVerdict} from '../../model/verdict.ts';

type Roots = Pick<InstanceInfo, 'projectRoot' | 'serverRoot'> | null;

/** The innermost frame of the application's own code (inside the project before beside it); null when there is none. */
export function ownPlace(frames: readonly Frame[], roots: Roots): Place | null {
  const own = frames.map((frame) => ownFrame(frame, roots)).filter((one) => one.owner === 'own');
  const inside = roots ? own.find((one) => one.file.startsWith(`${roots.projectRoot.replace(/\/$/, '')}/`)) : undefined;
  return placeOf(inside ?? own[0]);
}

export function verdictPlace(verdict: RequestVerdict, roots: Roots): Place | null {
  return placeOf(verdict.own) ?? (verdict.frame ? ownPlace([verdict.frame], roots) : null);
}

/**
 * The culprit's frame where the capture knows a culprit; of a crash that of the first thread, which is the one that crashed; otherwise that of the
 * request that has been served longest.
 */
export function capturePlace(capture: StackCapture, roots: Roots): Place | null {
  const byAge = capture.threads.filter((one) => one.request).toSorted((a, b) => a.request!.startedAt - b.request!.startedAt);
  const culprit = capture.threads.find((one) => one.ident === capture.culprit);
  const ordered: (ThreadStack | undefined)[] = culprit ? [culprit] : capture.method === 'crash' ? [capture.threads[0]] : byAge;
  for (const thread of ordered) {
    const place = thread ? ownPlace(thread.frames, roots) : null;
    if (place) return place;
  }
  return null;
}

/** What the newest of some captures points at. */
export function capturesPlace(captures: readonly StackCapture[], roots: Roots): Place | null {
  for (const capture of captures.toReversed()) {
    const place = capturePlace(capture, roots);
    if (place) return place;
  }
  return null;
}

const FRAME = /^\s*File "([^"]{1,4096})", line (\d{1,9})(?:, in (.{1,200}))?/;

/** The innermost own frame of a Python traceback's lines (outermost first, as Python prints them). */
export function tracebackPlace(lines: readonly string[], roots: Roots): Place | null {
  const frames = lines.flatMap((line) => {
    const [, file, number, func] = FRAME.exec(line) ?? [];
    return file === undefined ? [] : [{file, line: Number(number), func: func ?? ''}];
  });
  return ownPlace(frames.toReversed(), roots);
}

export function entryPlace(entry: LogEntry, roots: Roots): Place | null {
  return entry.kind === 'traceback' ? tracebackPlace(entry.more ?? [], roots) : null;
}

export function samePlace(a: Place | null, b: Place | null): boolean {
  return a !== null && b !== null && a.file === b.file && a.line === b.line;
}

function placeOf(frame: Frame | null | undefined): Place | null {
  if (!frame) return null;
  return {file: frame.file, line: frame.line, ...(frame.func ? {func: frame.func} : {})};
}

import type {Place} from '../../model/diagnosis.ts';
import type {ReloadRecord} from '../../model/events.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {AgentException} from '../../sources/agent/messages.ts';
import {inRoots} from '../../sources/agent/translate.ts';
import {sourceLine} from '../../sources/source-text.ts';

export type LoadFailure = NonNullable<ReloadRecord['failure']>;

/** Why new code did not load, from the exception that left it. */
export function raised({title, traceback, file, line}: Pick<AgentException, 'title' | 'traceback' | 'file' | 'line'>): LoadFailure {
  return failure(title, traceback, file ? {file, line} : null);
}

/** Why new code did not load in time: where its main thread was, which is the one that imports. */
export function hung(seconds: number, capture: StackCapture | undefined, roots: readonly string[]): LoadFailure {
  const loader = capture?.threads.find(({frames}) => frames.some((frame) => frame.file.endsWith('/wsgideck/slot.py')));
  const own = loader?.frames.find((frame) => inRoots(frame.file, roots) && !frame.file.includes('/wsgideck/'));
  const frames = (loader?.frames ?? []).toReversed();
  const lines = frames.flatMap((frame) => [`  File "${frame.file}", line ${frame.line}, in ${frame.func}`, `    ${frame.source ?? ''}`]);
  const place = own ? {file: own.file, line: own.line, func: own.func} : null;
  return failure(`not loaded after ${seconds} s`, ['Still loading (most recent call last):', ...lines], place);
}

/** Why there is neither: the process is gone. */
export function died(): LoadFailure {
  return failure('the process ended while it loaded the code; the log may say why', [], null);
}

function failure(title: string, traceback: string[], place: Place | null): LoadFailure {
  const source = place ? sourceLine(place.file, place.line) : undefined;
  return {title, traceback, place, ...(source ? {source} : {})};
}

/** The line of code that a traceback, a stack or a request points to. Pure. */
import type {Place} from '../model/diagnosis.ts';
import type {InstanceInfo} from '../model/events.ts';
import {ownFrame} from '../model/select-frames.ts';
import type {Frame} from '../model/stacks.ts';

type Roots = Pick<InstanceInfo, 'projectRoot' | 'serverRoot'> | null;

/** The end of a line such as `  File "/srv/app/a.py", line 7, in inner`; a SyntaxError's own has no function. */
const FRAME = /^[\s|]*File "([^"]+)", line (\d+)(?:, in (.+))?$/;
/** More lines than this of a traceback are not looked at: a recursion repeats itself. */
const MOST = 2000;

/** The innermost line of the application's own code in a traceback; of a SyntaxError the line that does not compile. */
export function placeInTraceback(lines: readonly string[], roots: Roots): Place | undefined {
  let own: Place | undefined;
  for (const line of lines.slice(-MOST)) {
    const [, file, number, func] = FRAME.exec(line) ?? [];
    if (file === undefined || ownFrame({file, line: 0, func: ''}, roots).owner !== 'own') continue;
    own = {file, line: Number(number), ...(func === undefined ? {} : {func})};
  }
  return own;
}

/** Innermost frame of the application's own code in a stack (innermost first). */
export function placeInStack(frames: readonly Frame[], roots: Roots): Place | undefined {
  const own = frames.find((frame) => ownFrame(frame, roots).owner === 'own');
  return own && {file: own.file, line: own.line, func: own.func};
}

/** Of a request, or of a crash, as the agent's hub names it: `pay.py:7 in charge`, relative to the project. */
export function placeNamed(at: string | undefined, roots: Roots): Place | undefined {
  const [, named, line, func] = /^(.+?):(\d+)(?: in (.+))?$/.exec(at ?? '') ?? [];
  if (named === undefined) return undefined;
  const file = named.startsWith('/') || roots === null ? named : `${roots.projectRoot.replace(/\/$/, '')}/${named}`;
  return {file, line: Number(line), ...(func === undefined ? {} : {func})};
}

/** As people write it: `shop/gateway.py:18 in charge`, relative to the project. */
export function placeText(place: Place, roots: Roots): string {
  const {short} = ownFrame({...place, func: place.func ?? ''}, roots);
  return `${short}:${place.line}${place.func === undefined ? '' : ` in ${place.func}`}`;
}

/**
 * All colour rules in one place: a row says what a piece of text means (its tone), this file says how that looks. One accent, grey for
 * what is fine, yellow for what will matter soon, red only for what needs a person now. Only the 16 colours every terminal has, so that
 * the user's own palette decides what they look like.
 */
import type {Row} from './rows.ts';
import {safeText} from './safe-text.ts';

export type Tone =
  | 'plain'
  /** What is fine, labels, units. */
  | 'dim'
  /** The one accent: where you are, what can be pressed. */
  | 'accent'
  | 'strong'
  /** Good news worth a colour: ready, done. */
  | 'good'
  | 'soon'
  /** Went wrong, but nobody has to act this minute: a line of an error log. */
  | 'bad'
  | 'now'
  /** The application's own code among library frames. */
  | 'own';

/** Escape codes that switch each tone on. Switched off by a full reset. */
const COLOURED: Record<Tone, string> = {
  plain: '',
  dim: '90',
  accent: '36',
  strong: '1',
  good: '32',
  soon: '33',
  bad: '31',
  now: '1;31',
  own: '1;36',
};

/** Without colour, weight alone carries the difference. */
const WEIGHT_ONLY: Record<Tone, string> = {...COLOURED, dim: '2', accent: '1', good: '', soon: '1', now: '1;7', own: '1'};

/** The row as a string with escape codes. The text of every span is one row of safe text already; controls are caught here all the same. */
export function paint(row: Row, colour: boolean): string {
  const tones = colour ? COLOURED : WEIGHT_ONLY;
  let painted = '';
  for (const span of row.spans) {
    const code = join(tones[span.tone ?? 'plain'], row.selected === true || span.inverse === true ? '7' : '');
    const text = CONTROL.test(span.text) ? safeText(span.text) : span.text;
    painted += code === '' || text === '' ? text : `\u001b[${code}m${text}\u001b[0m`;
  }
  return painted;
}

const CONTROL = /\p{Cc}/u;

function join(a: string, b: string): string {
  if (a === '' || b === '') return a + b;
  return a.split(';').includes(b) ? a : `${a};${b}`;
}

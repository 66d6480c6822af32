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

/** The codes (SGR) that switch each tone on. */
const COLOURED: Record<Tone, readonly number[]> = {
  plain: [],
  dim: [90],
  accent: [36],
  strong: [1],
  good: [32],
  soon: [33],
  bad: [31],
  now: [1, 31],
  own: [1, 36],
};

/** Without colour, weight alone carries the difference. */
const WEIGHT_ONLY: Record<Tone, readonly number[]> = {
  ...COLOURED,
  dim: [2],
  accent: [1],
  good: [],
  soon: [1],
  bad: [],
  now: [1, 7],
  own: [1],
};

const INVERSE = 7;
const NOTHING: readonly number[] = [];
const STRONG: readonly number[] = [1];
const inverses = new Map<readonly number[], readonly number[]>();
const choices = new Map<readonly number[], readonly number[]>();
const CONTROL = /\p{Cc}/u;

/**
 * The row as a string with escape codes. The text of every span is one row of safe text already; controls are caught here all the same.
 * Blanks at the end are left out unless they are seen: a line is erased before it is written.
 */
export function paint(row: Row, colour: boolean): string {
  const tones = colour ? COLOURED : WEIGHT_ONLY;
  let painted = '';
  let on = NOTHING;
  let blank = '';
  for (const span of row.spans) {
    if (span.text === '') continue;
    const tone = tones[span.tone ?? 'plain'];
    const wanted = row.selected === true ? chosen(tone, tones.dim) : span.inverse === true ? inverted(tone) : tone;
    const text = CONTROL.test(span.text) ? safeText(span.text) : span.text;
    if (span.sgr !== undefined) {
      painted += (on.includes(INVERSE) ? between(on, NOTHING) + blank : blank + between(on, NOTHING)) + foreign(text, span.sgr, colour);
      blank = '';
      on = NOTHING;
      continue;
    }
    const ink = wanted.includes(INVERSE) ? text : text.trimEnd();
    if (ink === '') {
      blank += text;
      continue;
    }
    // Blanks look the same in every style but the inverse one.
    painted += (on.includes(INVERSE) ? between(on, wanted) + blank : blank + between(on, wanted)) + ink;
    blank = text.slice(ink.length);
    on = wanted;
  }
  return painted + between(on, NOTHING);
}

/** Text in the style of another terminal. Its styles are too many to be remembered, and it begins and ends with none. */
function foreign(text: string, sgr: readonly number[], colour: boolean): string {
  const codes = colour ? sgr : sgr.filter((code, index) => code < 10 && !sgr.slice(0, index).some((one) => one === 38 || one === 48));
  return codes.length === 0 ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
}

function inverted(tone: readonly number[]): readonly number[] {
  return variant(inverses, tone, () => (tone.includes(INVERSE) ? tone : [...tone, INVERSE]));
}

/** On the selected row nothing is grey and everything is bold; its colours keep their meaning. */
function chosen(tone: readonly number[], dim: readonly number[]): readonly number[] {
  return variant(choices, tone, () => (tone === dim ? STRONG : tone.includes(1) ? tone : [1, ...tone]));
}

/** One list for one style, always the same object: styles are compared by identity. */
function variant(
  kept: Map<readonly number[], readonly number[]>,
  tone: readonly number[],
  make: () => readonly number[],
): readonly number[] {
  let codes = kept.get(tone);
  if (!codes) kept.set(tone, (codes = make()));
  return codes;
}

const known = new Map<readonly number[], Map<readonly number[], string>>();

/** `change`, remembered: there are few styles, and they are asked for thousands of times a second. */
function between(from: readonly number[], to: readonly number[]): string {
  if (from === to) return '';
  let row = known.get(from);
  if (!row) known.set(from, (row = new Map()));
  let codes = row.get(to);
  if (codes === undefined) row.set(to, (codes = change(from, to)));
  return codes;
}

/** The codes that lead from one style to another: first what is switched off, the last switched on first. */
function change(from: readonly number[], to: readonly number[]): string {
  const ends = new Set(to.map(endOf));
  // Bold and faint share their end: what stays of them must be switched on again after the other's end.
  const undone = from.filter((code) => (isWeight(code) ? !to.includes(code) : !ends.has(endOf(code))));
  const weightLost = undone.some(isWeight);
  const added = to.filter((code) => !from.includes(code) || (weightLost && isWeight(code)));
  return [...undone.toReversed().map(endOf), ...added].map((code) => `\u001b[${code}m`).join('');
}

function endOf(code: number): number {
  if (code === INVERSE) return 27;
  return isWeight(code) ? 22 : 39;
}

function isWeight(code: number): boolean {
  return code === 1 || code === 2;
}

/** What a person types to find text -> a function that finds it. */

/** Longest text that a regular expression of the user's is tried on: what one can cost grows with it. */
const TRY_ON = 4096;
const PLAIN = /^[^\\^$.|?*+()[\]{}]*$/;
const LONGEST = 500;

export interface TextPattern {
  test: (text: string) => boolean;
  /** Holds a regular expression, which may take for ever on some text: run it only under `runWithin`. */
  risky: boolean;
}

/**
 * A regular expression, case-insensitive unless it holds a capital letter. Tried on the first 4,096 characters of a text.
 * @throws Error whose message `patternError` puts into words, for one that is none or longer than 500 characters.
 */
export function compilePattern(pattern: string): TextPattern {
  if (pattern.length > LONGEST) throw new Error(`the filter is longer than ${LONGEST} characters`);
  const risky = !PLAIN.test(pattern);
  // A capital in an escape such as \S or \D is no capital of the text that is looked for.
  const exact = /\p{Lu}/u.test(pattern.replaceAll(/\\p\{[^}]*\}|\\./giu, ''));
  if (!risky && exact) return {risky, test: (text) => text.includes(pattern)};
  const expression = new RegExp(pattern, exact ? 'u' : 'iu');
  return {risky, test: (text) => expression.test(text.length > TRY_ON ? text.slice(0, TRY_ON) : text)};
}

/** Why a pattern was refused, in one line. */
export function patternError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // V8 says "Invalid regular expression: /a(/iu: Unterminated group": the reason is the last part.
  return message.replace(/^Invalid regular expression: .*\/\w*: /s, 'not a regular expression: ');
}

/**
 * Text from strangers (log lines, URLs, headers, file names) -> text that cannot act on a terminal, reorder what is read, or hide.
 * Nothing is dropped: what is taken out leaves a visible mark in its place.
 */

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Everything that acts, reorders or is invisible: controls (C0, DEL, C1), format characters (bidi, zero width, tags), default-ignorable
 * code points (variation selectors, fillers), line and paragraph separators, lone surrogates, noncharacters. Flags and skin tones are in
 * as well because terminals disagree about how many cells they take, and a wrong width shifts the rest of the row.
 */
const UNSAFE =
  '[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Noncharacter_Code_Point}\\p{Regional_Indicator}\\p{Emoji_Modifier}]';

/** Made when the first text needs them, because that takes a millisecond: no start has to wait for it. */
function makePatterns() {
  return {
    unsafe: new RegExp(UNSAFE, 'u'),
    unsafeAll: new RegExp(UNSAFE, 'gu'),
    /** More than three marks on one letter is not a language but an attempt to paint over the neighbouring lines. */
    marks: /([\p{Mn}\p{Me}]{3})([\p{Mn}\p{Me}]+)/gu,
    mark: /[\p{Mn}\p{Me}]/u,
    leadingMark: /^[\p{Mn}\p{Me}]/u,
  };
}

let made: ReturnType<typeof makePatterns> | null = null;

const NON_ASCII = /[^\x20-\x7e]/gu;

/**
 * Makes untrusted text safe to draw on one row.
 *
 * Controls become their pictures (`␛`, `␇`), a tab one space, anything else invisible its number (`‹U+202E›`). Colour sequences of
 * log lines are not interpreted: their escape character shows as `␛`. With `ascii` (terminals without Unicode) the marks are
 * `^[`, `<U+202E>` and every other non-ASCII character is `?`.
 */
export function safeText(text: string, ascii = false): string {
  if (PLAIN.test(text)) return text;
  const patterns = (made ??= makePatterns());
  let safe = patterns.unsafe.test(text) ? text.replace(patterns.unsafeAll, ascii ? asciiMark : unicodeMark) : text;
  if (ascii) return safe.replace(NON_ASCII, '?');
  if (patterns.mark.test(safe)) {
    safe = safe.replace(patterns.marks, (_all, kept: string, rest: string) => `${kept}‹+${[...rest].length} marks›`);
    // A mark with nothing under it would sit on whatever the screen has to the left of this text.
    if (patterns.leadingMark.test(safe)) safe = `◌${safe}`;
  }
  return safe;
}

/** Is there anything in the text that `safeText` would replace? */
export function isSafe(text: string): boolean {
  return PLAIN.test(text) || safeText(text) === text;
}

function unicodeMark(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 0x09) return ' ';
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `‹${number(code)}›`;
}

function asciiMark(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 0x09) return ' ';
  if (code < 0x20) return `^${String.fromCodePoint(code + 0x40)}`;
  if (code === 0x7f) return '^?';
  return `<${number(code)}>`;
}

function number(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

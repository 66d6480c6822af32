/**
 * Strings that live long. V8 makes the slice of a string a window on the whole of it, so a message cut out of a line would keep the whole
 * piece of file alive that the line came in. 100,000 entries are kept: it matters.
 */
const words = new Map<string, string>();
const MOST = 1000;

/** One copy of each of the few words that a log repeats on every line (methods, modules, levels, codes). */
export function intern(word: string): string {
  const known = words.get(word);
  if (known !== undefined) return known;
  if (words.size >= MOST || word.length > 32) return word;
  const kept = own(word);
  words.set(kept, kept);
  return kept;
}

/** The same text in memory of its own. */
export function own(text: string): string {
  // V8 has to put the longer one together anew, and the slice is a window on that.
  return `${text}\0`.slice(0, -1);
}

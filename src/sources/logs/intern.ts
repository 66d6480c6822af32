/**
 * One copy of each of the few words that a log repeats on every line (methods, modules, levels, codes): 100,000 entries are kept, and each
 * cut-out string would cost 24 bytes or more, besides keeping the text alive that it was cut from.
 */
const words = new Map<string, string>();
const MOST = 1000;

export function intern(word: string): string {
  const known = words.get(word);
  if (known !== undefined) return known;
  if (words.size < MOST && word.length <= 32) words.set(word, word);
  return word;
}

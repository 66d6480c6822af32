/** Finding a command by some of its letters. */

/**
 * How well `pattern` fits `text`: null when its letters do not all occur in order, else higher is better. Runs of letters and beginnings
 * of words count most.
 */
export function fuzzyScore(pattern: string, text: string): number | null {
  const wanted = pattern.toLowerCase().replaceAll(' ', '');
  const within = text.toLowerCase();
  let score = 0;
  let from = 0;
  let run = 0;
  for (const letter of wanted) {
    const at = within.indexOf(letter, from);
    if (at === -1) return null;
    run = at === from && from > 0 ? run + 1 : 0;
    const starts = at === 0 || /[^a-z0-9]/.test(within[at - 1]!);
    score += 1 + run * 2 + (starts ? 3 : 0) - Math.min(2, (at - from) * 0.1);
    from = at + 1;
  }
  return score - text.length * 0.01;
}

/** The items whose text fits, best first; all of them in their order for an empty pattern. */
export function fuzzyFilter<T>(pattern: string, items: readonly T[], text: (item: T) => string): T[] {
  if (pattern.trim() === '') return [...items];
  return items
    .map((item) => ({item, score: fuzzyScore(pattern, text(item))}))
    .filter((one): one is {item: T; score: number} => one.score !== null)
    .toSorted((a, b) => b.score - a.score)
    .map((one) => one.item);
}

/** The options in effect as a list to read: by area in the order of the table, what was given first in each. Pure. */
import type {EffectiveOption} from './commands.ts';

export function selectOptions(options: readonly EffectiveOption[]): EffectiveOption[] {
  const areas = new Map<string, EffectiveOption[]>();
  for (const one of options) {
    const list = areas.get(one.area);
    if (list) list.push(one);
    else areas.set(one.area, [one]);
  }
  return [...areas.values()].flatMap((list) => list.toSorted((a, b) => Number(b.given) - Number(a.given)));
}

import type {Diagnosis} from '../model/diagnosis.ts';
import type {InstanceState} from '../model/state.ts';
import {guarded} from './rule.ts';
import {stateRules} from './rules/state.ts';

/** What the figures of this moment say, errors first. Trends over minutes are `CapacityMeter`'s. Pure: the state's own clock is "now". */
export function diagnoseState(state: InstanceState): Diagnosis[] {
  const found = stateRules.flatMap(({rule, severity, cause, remedy, match}) =>
    guarded((): Diagnosis[] => {
      const seen = match(state);
      if (seen === null) return [];
      const {place, evidence} = seen;
      return [{rule, severity, cause: seen.cause ?? cause, remedy: seen.remedy ?? remedy, evidence, ...(place ? {place} : {})}];
    }),
  );
  const rank = {error: 0, warn: 1, info: 2};
  return found.toSorted((a, b) => rank[a.severity] - rank[b.severity]);
}

import type {Diagnosis} from '../model/diagnosis.ts';
import type {InstanceState, RestartRecord} from '../model/state.ts';
import {placeNamed, placeText} from './place.ts';
import {restartRules} from './rules/restarts.ts';

/** What the end of a daemon process means. Pure. */
export function diagnoseRestart(record: RestartRecord, state: Pick<InstanceState, 'info' | 'restarts'>): Diagnosis[] {
  // A recording of a newer version may hold causes that this one does not know.
  const {rule, severity, cause, remedy} = restartRules[record.cause] ?? restartRules.unknown;
  const crashed = placeNamed(/^crashed: .* at (\S+:\d+(?: in .+)?)$/.exec(record.text)?.[1], state.info);
  // Who crashed is known: the oldest request was there, no more.
  const oldest = crashed ? undefined : record.inFlight.toSorted((a, b) => a.startedAt - b.startedAt)[0];
  const place = crashed ?? placeNamed(oldest?.at, state.info);
  const same = state.restarts.filter((one) => one.cause === record.cause && one.processGroup === record.processGroup).length;
  return [
    {
      rule,
      severity,
      cause,
      remedy,
      evidence: [
        `process ${record.pid}: ${record.text}`,
        ...(oldest
          ? [
              `oldest of ${record.inFlight.length} in flight: ${oldest.method} ${oldest.url} for ${((record.at - oldest.startedAt) / 1000).toFixed(1)} s`,
            ]
          : []),
        ...(place ? [`at ${placeText(place, state.info)}`] : []),
        ...(same > 1 ? [`${same} times so far`] : []),
      ],
      ...(place ? {place} : {}),
    },
  ];
}

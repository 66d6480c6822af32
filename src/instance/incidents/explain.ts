import {diagnoseEntry, diagnoseRestart, diagnoseStack, diagnoseState} from '../../diagnose/index.ts';
import type {Diagnosis} from '../../model/diagnosis.ts';
import type {Incident, IncidentKind} from '../../model/incidents.ts';
import type {InstanceState} from '../../model/state.ts';

/** Diagnoses kept of one incident, and how long before it opened that may have been written or taken which explains it, in milliseconds. */
const MOST = 8;
const EARLIER = 5000;

type Source = 'stacks' | 'log' | 'restarts' | 'state';

/** Who knows best about each kind. */
const ORDER: Partial<Record<IncidentKind, Source[]>> = {
  'failed-load': ['log', 'restarts', 'state', 'stacks'],
  'failed-reload': ['log', 'state', 'restarts', 'stacks'],
  'memory-limit': ['log', 'restarts', 'state', 'stacks'],
  'cpu-limit': ['restarts', 'stacks', 'state', 'log'],
  'restart-loop': ['log', 'restarts', 'state', 'stacks'],
  'server-errors': ['log', 'state', 'stacks', 'restarts'],
  saturated: ['stacks', 'state', 'log', 'restarts'],
  'disk-full': ['log', 'state', 'restarts', 'stacks'],
  'log-failure': ['log', 'state', 'restarts', 'stacks'],
  descriptors: ['log', 'state', 'restarts', 'stacks'],
  disconnects: ['log', 'stacks', 'state', 'restarts'],
  'apache-died': ['restarts', 'state', 'log', 'stacks'],
};
const USUAL: Source[] = ['stacks', 'restarts', 'log', 'state'];

/**
 * What the evidence of an incident means, the best explanation first.
 * @param incident as it was seen, not bounded or masked any further. @param pids the processes it is about.
 */
export function explain(incident: Incident, pids: ReadonlySet<number>, state: InstanceState): Diagnosis[] {
  const {summary, captures, verdicts, log} = incident;
  const concerned = (pid: number | undefined) => pids.size === 0 || (pid !== undefined && pids.has(pid));
  const sources: Record<Source, () => Diagnosis[]> = {
    stacks: () =>
      captures
        .filter((capture) => capture.at >= summary.openedAt - EARLIER)
        .toReversed()
        .flatMap((capture) => diagnoseStack(capture, null, state.info)),
    log: () => {
      const context = {info: state.info, restarts: state.restarts};
      const lines = log.filter((entry) => entry.at >= summary.openedAt - EARLIER);
      const own = lines.filter((entry) => concerned(entry.pid));
      // A daemon's end is told by others: Apache's child says what its client got.
      return [...own, ...lines.filter((entry) => !own.includes(entry))].flatMap((entry) => diagnoseEntry(entry, context));
    },
    restarts: () => state.restarts.filter((one) => pids.has(one.pid)).flatMap((record) => diagnoseRestart(record, state)),
    state: () => diagnoseState(state),
  };
  const found = (ORDER[summary.kind] ?? USUAL).flatMap((source) => bySeverity(sources[source]()));
  // One that a stuck request's own verdict names comes before what other requests are at.
  const place = verdicts.find((one) => one.own)?.own;
  const first = place ? found.filter((one) => one.place?.file === place.file && one.place.line === place.line) : [];
  const ordered = [...first, ...found].filter((one) => one.severity !== 'info');
  const seen = new Set<string>();
  return ordered
    .filter(({rule, cause, place}) => {
      const at = place ? `${place.file}:${place.line}` : '';
      const names = [`${rule} ${at}`, `${cause} ${at}`, ...(at === '' ? [rule, cause] : [])];
      const known = names.some((name) => seen.has(name));
      for (const name of [...names, rule, cause]) seen.add(name);
      return !known;
    })
    .slice(0, MOST);
}

const RANK = {error: 0, warn: 1, info: 2};

function bySeverity(diagnoses: Diagnosis[]): Diagnosis[] {
  return diagnoses.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
}

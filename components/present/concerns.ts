/** What needs a person: what the state says, and what is diagnosed from the newest lines of the log. */
import type {Diagnosis} from '../../src/model/diagnosis.ts';
import type {IncidentKind} from '../../src/model/incidents.ts';
import {selectAttention, type Concern, type Opens} from '../../src/model/select-attention.ts';
import type {InstanceState} from '../../src/model/state.ts';
import type {Snapshot} from '../store/snapshot.ts';
import {placeText} from './present-places.ts';
import {diagnosisOf, stateDiagnoses} from './diagnoses.ts';

/** A line of the log asks for attention so long, milliseconds. */
const LINE_MS = 60_000;
const MOST_LINES = 2;

const ORDER = {error: 0, warn: 1, info: 2} as const;

interface Known {
  state: InstanceState;
  now: number;
  seen: ReadonlySet<string>;
  found: Concern[];
}
let known: Known | null = null;

/** The concerns of the moment, worst first. */
export function concernsOf(s: Pick<Snapshot, 'state' | 'now' | 'ui'>): Concern[] {
  const {state, now} = s;
  const {seen} = s.ui;
  if (known?.state === state && known.now === now && known.seen === seen) return known.found;
  const selected = selectAttention(state, now, seen).map((one) => explained(one, state));
  const found = [...selected, ...figures(state, selected), ...lines(state, now, selected)].toSorted(
    (a, b) => ORDER[a.severity] - ORDER[b.severity],
  );
  known = {state, now, seen, found};
  return found;
}

/** Rules about figures that something else on the list says better: an incident of that kind, or a request. */
const SAID_BY: Record<string, {incident?: IncidentKind; request?: true; never?: true}> = {
  'gil-wedged': {never: true},
  'same-line': {request: true},
  'thread-on-cpu': {request: true},
  'all-threads-busy': {incident: 'saturated'},
  'queue-growing': {incident: 'saturated'},
  'server-errors': {incident: 'server-errors'},
  'daemon-loop': {incident: 'restart-loop'},
};

/** Where such a rule leads; the others lead to the processes. */
const LEADS_TO: Record<string, Opens> = {
  'all-threads-busy': {type: 'view', view: 'requests'},
  'queue-growing': {type: 'view', view: 'requests'},
  'same-line': {type: 'view', view: 'requests'},
  'thread-on-cpu': {type: 'view', view: 'requests'},
  'server-errors': {type: 'view', view: 'logs'},
};

function figures(state: InstanceState, said: readonly Concern[]): Concern[] {
  const open = new Set(state.incidents.filter((one) => one.closedAt === null).map((one) => one.kind));
  const requests = said.some((one) => one.request !== undefined);
  const news = (one: Diagnosis) => {
    const by = SAID_BY[one.rule];
    return (
      by === undefined || !(by.never === true || (by.request === true && requests) || (by.incident !== undefined && open.has(by.incident)))
    );
  };
  return stateDiagnoses(state)
    .filter(news)
    .map((one) => ({
      key: `state:${one.rule}`,
      severity: one.severity,
      text: one.cause,
      place: one.place ?? null,
      detail: one.evidence?.join(', ') ?? null,
      remedy: one.remedy,
      opens: LEADS_TO[one.rule] ?? {type: 'view', view: 'processes'},
    }));
}

/** An exception, with what it means. */
function explained(one: Concern, state: InstanceState): Concern {
  if (one.opens?.type !== 'entry') return one;
  const diagnosis = diagnosisOf(one.opens.entry, state);
  return diagnosis === null
    ? one
    : {...one, detail: diagnosis.cause, remedy: diagnosis.remedy, place: one.place ?? diagnosis.place ?? null};
}

/** Lines at warn or worse that a rule knows, one for each rule, unless something else says the same. */
function lines(state: InstanceState, now: number, said: readonly Concern[]): Concern[] {
  const causes = new Set(said.map((one) => one.detail));
  const titles = new Set(state.exceptions.map((one) => one.title));
  const told = ({place, cause}: Diagnosis) =>
    said.some(
      (one) =>
        one.place !== null &&
        ((one.place.file === place?.file && one.place.line === place.line) || cause.includes(` ${placeText(one.place, {state})}`)),
    );
  const found = new Map<string, Concern>();
  for (const entry of state.log.problems.toReversed()) {
    if (now - entry.at > LINE_MS || found.size >= MOST_LINES || titles.has(entry.text)) continue;
    const diagnosis = diagnosisOf(entry, state);
    if (diagnosis === null || diagnosis.severity === 'info' || found.has(diagnosis.rule) || causes.has(diagnosis.cause) || told(diagnosis))
      continue;
    found.set(diagnosis.rule, {
      key: `line:${diagnosis.rule}`,
      severity: 'warn',
      text: entry.text,
      place: diagnosis.place ?? null,
      detail: diagnosis.cause,
      remedy: diagnosis.remedy,
      opens: {type: 'entry', entry},
    });
  }
  return [...found.values()];
}

import type {Place} from '../../model/diagnosis.ts';
import type {ActiveRequest, InstanceInfo} from '../../model/events.ts';
import type {IncidentKind} from '../../model/incidents.ts';

/** One sign of trouble. It opens an incident, or belongs to one that is open: then another `mark` than those before raises its count. */
export interface Trigger {
  kind: IncidentKind;
  severity: 'error' | 'warn';
  /** Milliseconds since the epoch. */
  at: number;
  /** One line for people. */
  title: string;
  /** In the words of whoever told of it. */
  reason: string;
  pid: number | null;
  processGroup: string;
  where: Place | null;
  /** Signs of the same kind and subject belong together; '' leaves it to process and place. */
  subject: string;
  /** What happened once: told again, by another source, it is the same. */
  mark: string;
  inFlight?: readonly ActiveRequest[];
  /** Ids of the requests that it is about, where not a process as a whole. */
  requests?: readonly string[];
  /** Stacks that would help, when none were taken of late: of one process, or of all. */
  stacks?: number | 'all';
}

/** Kinds that say more about a trouble than the one it was opened as: the incident becomes one of these. */
const GROWS: Partial<Record<IncidentKind, readonly IncidentKind[]>> = {
  stuck: ['request-timeout', 'wedged', 'cpu-limit'],
  'request-timeout': ['wedged'],
  'cpu-limit': ['wedged'],
};

export function growsInto(from: IncidentKind, to: IncidentKind): boolean {
  return GROWS[from]?.includes(to) ?? false;
}

/** What may come after one another in one process, and is one trouble: mod_wsgi kills what does not end after its timeout, for example. */
const OF_A_PROCESS = new Set<IncidentKind>(['stuck', 'request-timeout', 'wedged', 'crash', 'cpu-limit']);

export function followsIn(first: IncidentKind, then: IncidentKind): boolean {
  // A crash is never what a waiting request does: most often another request of the process has caused it.
  if (then === 'stuck' || (first === 'stuck' && then === 'crash')) return first === then;
  return first === then || (OF_A_PROCESS.has(first) && OF_A_PROCESS.has(then));
}

/** Kinds whose line is where the threads are; of others a traceback tells. */
export const PLACED_BY_STACKS = new Set<IncidentKind>(['stuck', 'request-timeout', 'wedged', 'crash', 'cpu-limit', 'saturated', 'by-hand']);

/** `POST /pay after 60.2 s`, of the request that has been served longest; '' when there is none. */
export function oldestRequest(requests: readonly ActiveRequest[], at: number): string {
  const oldest = requests.toSorted((a, b) => a.startedAt - b.startedAt)[0];
  return oldest ? `${oldest.method} ${oldest.url} after ${((at - oldest.startedAt) / 1000).toFixed(1)} s` : '';
}

export function groupOf(info: InstanceInfo | null): string {
  return info?.processGroup ?? '';
}

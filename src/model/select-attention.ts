/** What a person must look at, worst first. Pure. */
import type {Place} from './diagnosis.ts';
import type {ActiveRequest} from './events.ts';
import type {IncidentSummary} from './incidents.ts';
import type {LogEntry} from './log.ts';
import {selectCountdown} from './select-countdown.ts';
import {isStopped} from './select-stopped.ts';
import {asksForALook} from './select-incidents.ts';
import type {ExceptionRecord, InstanceState} from './state.ts';
import type {RequestVerdict} from './verdict.ts';

/** Where a concern leads. */
export type Opens =
  | {type: 'request'; id: string}
  | {type: 'capture'; id: number}
  | {type: 'incident'; id: string}
  | {type: 'entry'; entry: LogEntry}
  | {type: 'page'; page: 'advice' | 'reloads' | 'foreign'}
  | {type: 'view'; view: 'stacks' | 'requests' | 'logs' | 'processes'};

export interface Concern {
  key: string;
  severity: 'error' | 'warn' | 'info';
  /** What is wrong, in one line. Holds text of strangers. */
  text: string;
  /** The line of code to look at, where it is known. */
  place: Place | null;
  /** What it means, and what to do. */
  detail: string | null;
  remedy: string | null;
  /** Where `enter` leads. */
  opens: Opens | null;
  /** The oldest of the requests it is about, how many those are, and what their stacks say. */
  request?: ActiveRequest;
  requests?: number;
  verdict?: RequestVerdict;
  /** Seconds until mod_wsgi acts, for a request. */
  left?: number | null;
  /** An incident that is over: worth a look, nothing to hurry for. */
  over?: boolean;
}

/** A request older than this is worth a line even where no timeout is set. */
const LONG_MS = 10_000;
/** An exception asks for attention so long after it was last seen. */
const EXCEPTION_MS = 60_000;
const MOST_REQUESTS = 5;
const MOST_EXCEPTIONS = 2;

/** Of a stream whose time is almost over. */
const CUT_STREAM = {
  detail: 'It streams, but mod_wsgi counts the age of the whole response and is about to give up on it.',
  remedy: 'Raise --request-timeout (0: never), or let the client ask anew before that; each stream holds a thread as long as it lasts.',
};

const ORDER = {error: 0, warn: 1, info: 2} as const;
const NOTHING: ReadonlySet<string> = new Set();

/**
 * Wedged interpreters and other errors first, then what lasts and requests that will soon be given up on, then the rest. What two of them would say
 * is said once, by the one that leads to more.
 * @param now milliseconds since the epoch. @param seen ids of incidents that were looked at.
 */
export function selectAttention(state: InstanceState, now: number, seen: ReadonlySet<string> = NOTHING): Concern[] {
  const requests = longRequests(state, now);
  const broken = failedReload(state);
  const kept = incidents(state, now, seen, [...requests, ...broken]);
  const lasting = kept.filter((one) => !one.over);
  const said = [...broken, ...lasting, ...requests, ...kept.filter((one) => one.over)].map((one) => located(one, state, now));
  const concerns: Concern[] = [...wedged(state, now), ...said, ...exceptions(state, now, said)];
  const pids = new Set(state.agents.filter((one) => one.state === 'wedged').map((one) => one.pid));
  for (const {key, severity, text, remedy} of state.notices) {
    // The supervisor's own notice about a wedged process says the same as the agent's state.
    if (key.startsWith('wedged') && pids.size > 0) continue;
    // So does that of a loop of restarts as its incident.
    if (key === 'loop daemon' && state.incidents.some((one) => one.kind === 'restart-loop' && one.closedAt === null)) continue;
    concerns.push({key, severity, text, place: null, detail: null, remedy, opens: null});
  }
  for (const one of state.advice) {
    const {rule, severity, cause, remedy} = one;
    concerns.push({key: `advice:${rule}`, severity, text: cause, place: null, detail: null, remedy, opens: {type: 'page', page: 'advice'}});
  }
  return concerns.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity] || Number(a.over ?? false) - Number(b.over ?? false));
}

function wedged(state: InstanceState, now: number): Concern[] {
  return state.agents
    .filter((one) => one.state === 'wedged')
    .map((one) => {
      const capture = state.captures.findLast((other) => other.pid === one.pid && other.cause === 'wedged' && other.at >= one.since - 5000);
      const incident = openIncident(state, 'wedged', one.pid);
      const seconds = Math.max(0, (now - one.since) / 1000).toFixed(0);
      const silent = `daemon ${one.pid} answers nothing for ${seconds} s: a thread holds the GIL, most likely inside C code`;
      return {
        key: `wedged:${one.pid}`,
        severity: 'error' as const,
        text: capture?.title ?? (one.detail || `interpreter of daemon ${one.pid} is wedged`),
        place: incident?.where ?? null,
        detail: silent,
        remedy: incident?.remedy || null,
        opens: capture ? {type: 'capture' as const, id: capture.id} : {type: 'view' as const, view: 'stacks' as const},
      };
    });
}

function openIncident(state: InstanceState, kind: IncidentSummary['kind'], pid: number): IncidentSummary | undefined {
  return state.incidents.findLast((one) => one.kind === kind && one.pid === pid && one.closedAt === null);
}

/** The last reload did not load: the old code serves on, or nothing does. */
function failedReload(state: InstanceState): Concern[] {
  const last = state.reloads.at(-1);
  if (last?.status !== 'failed') return [];
  return [
    {
      key: `reload:${last.id}`,
      severity: 'error',
      text: `the new code does not load: ${last.failure?.title ?? last.detail ?? 'it gave no reason'}`,
      place: last.failure?.place ?? null,
      detail: last.strategy === 'swap' ? servesOn(state) : null,
      remedy: 'mend the line and save: it goes live by itself',
      opens: {type: 'page', page: 'reloads'},
    },
  ];
}

function servesOn(state: InstanceState): string {
  const none = state.slots.length > 0 && !state.slots.some((one) => one.state === 'live');
  return none ? 'no process with older code is left: visitors get an error page' : 'the old code serves on: no visitor sees it';
}

function incidents(state: InstanceState, now: number, seen: ReadonlySet<string>, said: readonly Concern[]): Concern[] {
  const wedgedPids = new Set(state.agents.filter((one) => one.state === 'wedged').map((one) => one.pid));
  return (
    state.incidents
      .filter((one) => {
        if (!asksForALook(one, seen, now)) return false;
        if (one.closedAt !== null) return true;
        if (one.kind === 'wedged') return !wedgedPids.has(one.pid ?? -1);
        if (one.kind === 'stuck') return !said.some((other) => other.request !== undefined && isAbout(one, other.request.pid, other.place));
        return !(one.kind === 'failed-reload' && said.some((other) => other.key.startsWith('reload:')));
      })
      .toReversed()
      // Of those that are over the one that ended last comes first: it may have begun long before others.
      .toSorted((a, b) => (b.closedAt ?? 0) - (a.closedAt ?? 0))
      .map((one) => ({
        key: `incident:${one.id}`,
        severity: one.closedAt === null ? one.severity : ('warn' as const),
        text: `${one.closedAt === null ? '' : 'over: '}${one.count > 1 ? `${one.title} (${one.count} times)` : one.title}`,
        ...(one.closedAt === null ? {} : {over: true}),
        place: one.where,
        detail: one.cause || null,
        remedy: one.remedy || null,
        opens: {type: 'incident' as const, id: one.id},
      }))
  );
}

/** Requests that stand still, run long or will soon be given up on; those at the same line of the application's own code are one concern. */
function longRequests(state: InstanceState, now: number): Concern[] {
  const countdown = selectCountdown(state);
  const groups = new Map<string, Concern>();
  for (const one of state.requests) {
    // The stopped process is the concern.
    if (isStopped(state.processes, one.pid)) continue;
    const verdict = state.verdicts.find((other) => other.requestId === one.id);
    const stuck = verdict?.verdict === 'stuck' || verdict?.verdict === 'waiting';
    const left = countdown.left(one, now);
    const urgent = left !== null && left < Math.max(5, countdown.limit * 0.2);
    const soon = left !== null && countdown.limit > 0 && left < countdown.limit * 0.5;
    // A stream is meant to last, until mod_wsgi is about to cut it.
    const streams = !stuck && (one.pieces ?? 0) > 0;
    if (streams ? !urgent : !stuck && !soon && now - one.startedAt < LONG_MS) continue;
    const place = verdict ? placeOf(verdict) : null;
    const key = stuck && place !== null ? `${verdict.verdict}:${place.file}:${place.line}` : one.id;
    const group = groups.get(key);
    if (group) {
      group.requests = (group.requests ?? 1) + 1;
      continue;
    }
    const incident = state.incidents.findLast(
      (other) => other.kind === 'stuck' && other.closedAt === null && isAbout(other, one.pid, place),
    );
    groups.set(key, {
      key: `long:${one.id}`,
      severity: urgent || verdict?.verdict === 'stuck' ? 'error' : 'warn',
      text: `${one.method} ${one.url}`,
      place,
      detail: incident?.cause || (streams ? CUT_STREAM.detail : null),
      remedy: incident?.remedy || (streams ? CUT_STREAM.remedy : null),
      opens: {type: 'request', id: one.id},
      request: one,
      requests: 1,
      left,
      ...(verdict ? {verdict} : {}),
    });
  }
  return [...groups.values()].slice(0, MOST_REQUESTS);
}

/** Is an incident about a request of this process, or about requests at this line. */
function isAbout(one: IncidentSummary, pid: number, place: Place | null): boolean {
  if (one.where === null || place === null) return one.pid === pid;
  return one.where.file === place.file && one.where.line === place.line;
}

/** The application's own line, or the innermost one where there is none. */
function placeOf(verdict: RequestVerdict): Place | null {
  const frame = verdict.own ?? verdict.frame;
  return frame === null ? null : {file: frame.file, line: frame.line, func: frame.func};
}

/** The newest exceptions, one for each line of code that raised them. */
function exceptions(state: InstanceState, now: number, said: readonly Concern[]): Concern[] {
  const fresh = state.exceptions
    .filter((one) => now - one.at < EXCEPTION_MS && !said.some((other) => samePlace(other.place, one)))
    .toReversed();
  const byPlace = Map.groupBy(fresh, (one) => (one.file === null ? one.title : `${one.file}:${one.line}`));
  return [...byPlace.values()].slice(0, MOST_EXCEPTIONS).map((same) => {
    const one = same[0]!;
    const count = same.reduce((sum, other) => sum + other.count, 0);
    return {
      key: `exception:${one.title}:${one.file}:${one.line}`,
      severity: 'warn' as const,
      text: count > 1 ? `${one.title} (${count} times)` : one.title,
      place: one.file === null || one.line === null ? null : {file: one.file, line: one.line},
      detail: one.request === null ? null : `in ${one.request}`,
      remedy: null,
      opens: {type: 'entry' as const, entry: asEntry(one)},
    };
  });
}

/** An incident that was opened from a line without a traceback (mod_wsgi 6.0 and later lose it): the exception that it names knows the place. */
function located(one: Concern, state: InstanceState, now: number): Concern {
  if (one.place !== null || one.opens?.type !== 'incident') return one;
  const same = state.exceptions.findLast((other) => now - other.at < EXCEPTION_MS && other.file !== null && one.text.includes(other.title));
  if (same?.file == null || same.line === null) return one;
  return {...one, place: {file: same.file, line: same.line}};
}

function samePlace(place: Place | null, one: ExceptionRecord): boolean {
  return place !== null && place.file === one.file && place.line === one.line;
}

/** The exception as the log entry that it would be: on versions that lose tracebacks the log has none. */
function asEntry(one: ExceptionRecord): LogEntry {
  return {
    seq: 0,
    at: one.at,
    source: 'app',
    level: 'error',
    text: one.title,
    more: one.traceback,
    kind: 'traceback',
    pid: one.pid,
    ...(one.requestId === null ? {} : {requestId: one.requestId}),
    ...(one.count > 1 ? {repeated: one.count} : {}),
  };
}

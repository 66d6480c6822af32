import {diagnoseEntry, diagnoseRestart, diagnoseStack, diagnoseState} from '../../diagnose/index.ts';
import type {Diagnosis} from '../../model/diagnosis.ts';
import type {Incident, IncidentKind} from '../../model/incidents.ts';
import type {LogEntry} from '../../model/log.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {InstanceState} from '../../model/state.ts';

/** Diagnoses kept of one incident, and how long before it opened that may have been written or taken which explains it, in milliseconds. */
const MOST = 8;
const EARLIER = 5000;

type Source = 'stacks' | 'log' | 'restarts' | 'state';

interface Relevant {
  /** Who knows about this kind, best first. */
  order: readonly Source[];
  /** Rules of log lines and figures that can be about it: other things happen at the same time. All where absent. */
  rules?: RegExp;
}

const RELEVANT: Record<IncidentKind, Relevant> = {
  stuck: {order: ['stacks', 'state'], rules: /same-line|timeout-near|daemon-loop|stream-silent/},
  'request-timeout': {order: ['stacks', 'restarts', 'log', 'state'], rules: /^request-timeout|shutdown-timeout|same-line/},
  wedged: {order: ['stacks', 'restarts', 'log', 'state'], rules: /deadlock-timeout|gil-wedged|disk-wait|stopped-process/},
  crash: {order: ['stacks', 'log', 'restarts'], rules: /segfault|killed|aborted|exit-status|memory|recursion/},
  'memory-limit': {order: ['log', 'restarts', 'state'], rules: /memory/},
  'cpu-limit': {order: ['stacks', 'restarts', 'log', 'state'], rules: /cpu/},
  'restart-loop': {order: ['log', 'restarts', 'state'], rules: /^(?!truncated|client)/},
  'failed-load': {order: ['log', 'restarts', 'state']},
  'failed-reload': {order: ['log', 'state']},
  saturated: {order: ['stacks', 'state', 'log'], rules: /same-line|threads-busy|queue|backlog|workers-used-up/},
  'server-errors': {order: ['log', 'state'], rules: /^(?!segfault|killed|aborted|exit-status)/},
  'disk-full': {order: ['log'], rules: /disk/},
  'log-failure': {order: ['log'], rules: /log|disk/},
  descriptors: {order: ['log'], rules: /files/},
  disconnects: {order: ['log'], rules: /client|broken-pipe/},
  'apache-died': {order: ['restarts', 'log', 'state']},
  'by-hand': {order: ['stacks', 'state', 'log', 'restarts']},
};

/** What an incident is about. */
export interface Subject {
  pids: ReadonlySet<number>;
  /** Ids of requests. */
  requests: ReadonlySet<string>;
  /** Numbers of the log entries that opened it. */
  entries: ReadonlySet<number>;
}

/** What the evidence of an incident means, the best explanation first. */
export function explain(incident: Incident, {pids, requests, entries}: Subject, state: InstanceState): Diagnosis[] {
  const {summary, captures, verdicts, log} = incident;
  const {order, rules = /./} = RELEVANT[summary.kind];
  const from = summary.openedAt - EARLIER;
  const recent = (at: number) => at >= from && at <= summary.openedAt + EARLIER;
  const sources: Record<Source, () => Diagnosis[]> = {
    stacks: () =>
      ofTheMoment(captures, summary.kind)
        .filter((capture) => capture.at >= from && (pids.size === 0 || pids.has(capture.pid)))
        .toReversed()
        .flatMap((capture) => bySeverity(diagnoseStack(capture, null, state.info))),
    log: () => {
      const context = {info: state.info, restarts: state.restarts};
      // The lines that it began with, those of its processes, then others': Apache's child says what the client of a daemon got.
      const quoted = ({text}: LogEntry) => text.length > 8 && incident.reason.includes(text.slice(0, 200));
      const rank = (entry: LogEntry) =>
        entries.has(entry.seq) || quoted(entry) ? 0 : entry.pid !== undefined && pids.has(entry.pid) ? 1 : 2;
      const served = pids.size === 0 ? requests : new Set([...requests, ...incident.inFlight.map((one) => one.id)]);
      const about = (entry: LogEntry) => rank(entry) < 2 || concerns(entry, {pids, requests: served, entries}, state);
      const lines = log.filter((entry) => (entries.has(entry.seq) || entry.at >= from) && about(entry));
      const ranked = lines.toSorted((a, b) => rank(a) - rank(b));
      return ranked.flatMap((entry) => bySeverity(diagnoseEntry(entry, context)).filter((one) => rules.test(one.rule)));
    },
    restarts: () =>
      state.restarts
        .filter((one) => (pids.size === 0 ? recent(one.at) : pids.has(one.pid)))
        .toReversed()
        .flatMap((record) => diagnoseRestart(record, state)),
    state: () => diagnoseState(state).filter((one) => rules.test(one.rule)),
  };
  const found = order.flatMap((source) => sources[source]());
  // One that a stuck request's own verdict names comes before what other requests are at. Who held the interpreter, or crashed, the stacks know:
  // the request that was stuck at the same time is most often another one.
  const place = summary.kind === 'wedged' || summary.kind === 'crash' ? undefined : verdicts.find((one) => one.own)?.own;
  const first = place ? found.filter((one) => one.place?.file === place.file && one.place.line === place.line) : [];
  // The stack of a stream says what it waits in for the next piece, which is no trouble by itself.
  const silent = summary.kind === 'stuck' ? first.filter(({rule}) => rule === 'stream-silent') : [];
  return distinct([...silent, ...first, ...found].filter((one) => one.severity !== 'info')).slice(0, MOST);
}

/** Is a line about these processes or requests, or about the server as a whole. Much else may happen in the same second. */
function concerns({pid, requestId, text}: LogEntry, {pids, requests}: Subject, state: InstanceState): boolean {
  // Of the whole server.
  if (pids.size === 0 && requests.size === 0) return true;
  if (requestId !== undefined) return requests.has(requestId);
  const named = [...text.slice(0, 1000).matchAll(/\b(?:pid|process)[ =](\d{1,10})\b/gi)].map((one) => Number(one[1]));
  const daemons = new Set([...state.restarts, ...state.agents].map((one) => one.pid));
  const others = [...named, ...(pid === undefined ? [] : [pid])].filter((one) => daemons.has(one));
  return others.length === 0 || others.some((one) => pids.has(one));
}

/** A process that was held goes on, to other troubles: the stacks of the moment itself tell most, where there are some. */
function ofTheMoment(captures: readonly StackCapture[], kind: IncidentKind): readonly StackCapture[] {
  const then = captures.filter(({cause}) => cause === kind);
  // What a process was at before it crashed may be anything.
  if (kind === 'crash') return then;
  return then.length > 0 && kind === 'wedged' ? then : captures;
}

/** Several sources say the same, some with a place and some without. */
function distinct(diagnoses: readonly Diagnosis[]): Diagnosis[] {
  const seen = new Set<string>();
  return diagnoses.filter(({rule, cause, place}) => {
    const at = place ? ` ${place.file}:${place.line}` : '';
    const known = seen.has(rule + at) || seen.has(cause + at);
    for (const name of [rule, cause, rule + at, cause + at]) seen.add(name);
    return !known;
  });
}

const RANK = {error: 0, warn: 1, info: 2};

function bySeverity(diagnoses: Diagnosis[]): Diagnosis[] {
  return diagnoses.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
}

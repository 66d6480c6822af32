/** Signs of trouble in what happens to processes, requests and reloads. Pure: an event and the state with it already in. */
import type {DeckEvent, EventOf, RestartCause} from '../../model/events.ts';
import type {IncidentKind} from '../../model/incidents.ts';
import type {InstanceState, RestartRecord} from '../../model/state.ts';
import type {RequestVerdict} from '../../model/verdict.ts';
import {AT_PROMPT} from '../early/waits-in.ts';
import type {Recent} from './recent.ts';
import {groupOf, oldestRequest, type Trigger} from './trigger.ts';
import {capturePlace, ownPlace, tracebackPlace, verdictPlace} from './where.ts';

/** A request that does not move is worth a note after so long, in milliseconds: before that, anything may be about to go on. */
const STUCK_AFTER = 3000;

export function fromProcesses(event: DeckEvent, state: InstanceState, recent: Recent): Trigger[] {
  switch (event.type) {
    case 'restart':
      return restart(event, state, recent);
    case 'agent':
      return agent(event, state, recent);
    case 'verdict':
      return verdict(event, state);
    case 'reload':
      return reload(event, state);
    case 'notice':
      return notice(event, state);
    case 'phase':
      return phase(event, state);
    case 'stacks':
      return dump(event, state);
    default:
      return [];
  }
}

const KINDS: Partial<Record<RestartCause, IncidentKind>> = {
  'request-timeout': 'request-timeout',
  'deadlock-timeout': 'wedged',
  'cpu-time-limit': 'cpu-limit',
  'memory-limit': 'memory-limit',
  'startup-timeout': 'failed-load',
  crash: 'crash',
  killed: 'crash',
};

/** Words for the title, where the kind's own name is not the best. */
const HEADS: Partial<Record<IncidentKind, string>> = {
  'request-timeout': 'request timeout',
  wedged: 'interpreter held',
  'cpu-limit': 'CPU limit',
  'memory-limit': 'memory limit',
  'failed-load': 'the application did not load',
};

function restart(event: EventOf<'restart'>, state: InstanceState, recent: Recent): Trigger[] {
  const record = state.restarts.find((one) => one.pid === event.pid);
  const phase = state.lifecycle.phase;
  if (!record || phase === 'stopping' || phase === 'stopped') return [];
  const inFlight = record.inFlight.length > 0 ? record.inFlight : recent.requests(record.pid, event.at);
  const kind = kindOf(record, phase, inFlight.length > 0);
  if (kind === null) return [];
  const oldest = kind === 'request-timeout' ? oldestRequest(inFlight, record.at) : '';
  const text = record.text.replace(/^crashed: /, '');
  const head = record.processGroup === 'Apache' ? '' : (HEADS[kind] ?? kind);
  return [
    {
      kind,
      severity: kind === 'crash' && record.cause === 'unknown' ? 'warn' : 'error',
      at: event.at,
      title: head === '' ? text : `${head}: ${oldest || text}`,
      reason: record.text,
      pid: record.pid,
      processGroup: record.processGroup,
      where: null,
      subject: '',
      mark: `pid ${record.pid}`,
      inFlight,
      // One that waits for its requests before it goes can still say what they are at.
      ...(kind === 'request-timeout' || kind === 'cpu-limit' ? {stacks: record.pid} : {}),
    },
  ];
}

function kindOf(record: RestartRecord, phase: string, cut: boolean): IncidentKind | null {
  if (record.processGroup === 'Apache') return 'apache-died';
  // A service has its own notice when it ends again and again; each single end is its script's business.
  if (record.processGroup.startsWith('service:') && record.cause !== 'crash') return null;
  if (record.cause === 'killed') return /SIGKILL/.test(record.text) && phase !== 'reloading' ? 'crash' : null;
  if (record.cause === 'unknown') {
    if (record.text.includes('held the interpreter')) return 'wedged';
    // Told of last, when nobody else has said why; with nothing in flight nobody has missed it.
    return record.source === 'exit' && cut && phase !== 'reloading' ? 'crash' : null;
  }
  return KINDS[record.cause] ?? null;
}

function agent(event: EventOf<'agent'>, state: InstanceState, recent: Recent): Trigger[] {
  const base = {at: event.at, pid: event.pid, processGroup: groupOf(state.info), mark: `pid ${event.pid}`};
  const detail = event.detail ?? '';
  if (event.state === 'wedged') {
    const title = `interpreter held: ${detail.replace(/^holds the interpreter: /, '')}`;
    return [
      {
        ...base,
        kind: 'wedged',
        severity: 'error',
        title,
        reason: detail,
        where: null,
        subject: '',
        inFlight: recent.requests(event.pid, event.at),
      },
    ];
  }
  if (!detail.startsWith('did not load: ')) return [];
  const reason = detail.slice('did not load: '.length);
  const seen = state.exceptions.findLast((one) => one.pid === event.pid && reason.includes(one.title));
  const where = seen ? tracebackPlace(seen.traceback, state.info) : null;
  return [
    {...base, kind: 'failed-load', severity: 'error', title: `the application did not load: ${reason}`, reason, where, subject: 'load'},
  ];
}

/** mod_wsgi's own dump: also when it only interrupts the request (6.x) and the process lives on. */
function dump({capture, at}: EventOf<'stacks'>, state: InstanceState): Trigger[] {
  const {method, title, pid, threads} = capture;
  if (method !== 'mod_wsgi' || !title.startsWith('request timeout: ')) return [];
  const idents = new Set(threads.flatMap((one) => (one.request ? [one.ident] : [])));
  return [
    {
      kind: 'request-timeout',
      severity: 'error',
      at,
      title,
      reason: title,
      pid,
      processGroup: groupOf(state.info),
      where: capturePlace(capture, state.info),
      subject: '',
      mark: `pid ${pid}`,
      inFlight: state.requests.filter((one) => one.pid === pid && idents.has(one.ident)),
    },
  ];
}

function verdict({verdict, at}: EventOf<'verdict'>, state: InstanceState): Trigger[] {
  const {verdict: what, pid, requestId, startedAt} = verdict;
  if ((what !== 'stuck' && what !== 'waiting') || verdict.at - startedAt < STUCK_AFTER) return [];
  // In debug mode a person has stopped it, to look at it.
  if (state.info?.interactive && verdict.waitsIn?.startsWith(AT_PROMPT)) return [];
  const where = verdictPlace(verdict, state.info);
  const waits = verdict.waitsIn ? `, waits in ${verdict.waitsIn}` : '';
  const stream = verdict.pieces === undefined ? '' : `a stream, silent for longer than the request timeout; `;
  const place = where ? ` at ${where.file.slice(where.file.lastIndexOf('/') + 1)}:${where.line}` : '';
  return [
    {
      kind: 'stuck',
      severity: 'warn',
      at,
      title: `${headOf(verdict)}${place}`,
      reason: `${stream}${verdict.same} of ${verdict.samples} samples show the same frames${waits}`,
      pid,
      processGroup: groupOf(state.info),
      where,
      subject: '',
      mark: `request ${requestId}`,
      inFlight: state.requests.filter((one) => one.pid === pid),
      ...(verdict.captures.length === 0 ? {stacks: pid} : {}),
    },
  ];
}

/** `waiting: GET /slow for 12.0 s`; of a stream how long it has been silent. */
function headOf({verdict, method, url, startedAt, at, pieces, silentSince}: RequestVerdict): string {
  const seconds = (from: number) => `${((at - from) / 1000).toFixed(1)} s`;
  if (verdict === 'waiting' && pieces !== undefined && silentSince !== undefined)
    return `silent stream: ${method} ${url}: ${pieces} piece${pieces === 1 ? '' : 's'}, then nothing for ${seconds(silentSince)}`;
  return `${verdict}: ${method} ${url} for ${seconds(startedAt)}`;
}

function reload({reload: {id, names, status, detail, failure}, at}: EventOf<'reload'>, state: InstanceState): Trigger[] {
  // One that is broken off by a stop is no trouble.
  if (status !== 'failed' || state.lifecycle.phase === 'stopping' || state.lifecycle.phase === 'stopped') return [];
  const reason = failure?.title ?? detail ?? '';
  return [
    {
      kind: 'failed-reload',
      severity: 'error',
      at,
      title: `reload failed: ${[names[0], reason].filter((one) => one !== undefined && one !== '').join(': ')}`,
      reason: [reason, ...(failure?.traceback ?? [])].join('\n'),
      pid: null,
      processGroup: groupOf(state.info),
      where: failure?.place ? (ownPlace([{func: '', ...failure.place}], state.info) ?? failure.place) : null,
      subject: 'reload',
      mark: `reload ${id}`,
    },
  ];
}

function notice(event: EventOf<'notice'>, state: InstanceState): Trigger[] {
  const kind = event.cleared ? null : noticeKind(event.key, event.text);
  if (kind === null) return [];
  return [
    {
      kind,
      severity: event.severity === 'error' || kind === 'restart-loop' ? 'error' : 'warn',
      at: event.at,
      title: event.text,
      reason: event.text,
      pid: null,
      processGroup: groupOf(state.info),
      where: null,
      subject: event.key,
      // A loop's notice comes anew with each end; the end is counted by what it says.
      mark: `notice ${event.key} ${event.at}`,
    },
  ];
}

function noticeKind(key: string, text: string): IncidentKind | null {
  if (key.startsWith('loop')) return 'restart-loop';
  if (key === 'disk') return 'disk-full';
  return key.startsWith('follow ') && text.includes('cannot be read') ? 'log-failure' : null;
}

function phase(event: EventOf<'phase'>, state: InstanceState): Trigger[] {
  // Of an Apache that has run: one that never did ends the program with its reason.
  if (event.phase !== 'failed' || state.lifecycle.answeredAt === null) return [];
  const base = {severity: 'error' as const, at: event.at, title: event.detail, reason: event.detail, pid: null, where: null};
  return [{...base, kind: 'apache-died', processGroup: 'Apache', subject: '', mark: `phase ${event.at}`}];
}

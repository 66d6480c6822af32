/**
 * What a recording has to look like before anything of it is believed: it may come from a stranger. Loose about what is added later, strict about
 * what views and the reducer take for granted.
 */
import * as v from 'valibot';
import type {DeckEvent} from '../../model/events.ts';
import {LOG_LEVELS, type LogEntry} from '../../model/log.ts';
import {RECORDING_VERSION, type LineData} from '../recorder/record-line.ts';
import {STREAM_VERSION} from '../../model/events.ts';

const text = v.string();
const number = v.number();
const maybe = v.nullable(number);
const pid = v.number();
const texts = v.array(v.string());

const place = v.nullable(v.looseObject({file: text, line: number, func: v.optional(text)}));
const frame = v.looseObject({file: text, line: number, func: text, source: v.optional(text)});
const request = v.looseObject({
  id: text,
  pid,
  ident: text,
  method: text,
  url: text,
  startedAt: number,
  at: v.optional(text),
  client: v.optional(text),
});
const diagnosis = v.looseObject({
  rule: text,
  severity: v.picklist(['error', 'warn', 'info']),
  cause: text,
  remedy: text,
  evidence: v.optional(texts),
  place: v.optional(v.looseObject({file: text, line: number})),
});
const process = v.looseObject({
  pid,
  ppid: number,
  role: v.picklist(['supervisor', 'dashboard', 'guard', 'apache', 'child', 'daemon', 'service', 'other']),
  label: text,
  state: text,
  cpu: number,
  rss: number,
  threads: number,
  startedAt: number,
  replaced: v.optional(text),
  stopped: v.optional(v.looseObject({by: text, tracer: v.optional(number)})),
});
const traffic = v.looseObject({
  at: number,
  seconds: number,
  requests: number,
  errors5xx: number,
  errors4xx: number,
  p50: maybe,
  p95: maybe,
  p99: maybe,
});
const info = v.looseObject({
  name: text,
  url: text,
  serverRoot: text,
  script: v.nullable(text),
  workingDirectory: text,
  processGroup: text,
  applicationGroup: text,
  modWsgi: text,
  python: text,
  apache: text,
  mpm: text,
  processes: number,
  threads: number,
  requestTimeout: number,
  shutdownTimeout: number,
  gracefulTimeout: number,
  queueTimeout: number,
  reloadOnChanges: v.boolean(),
  errorLog: text,
  accessLog: v.nullable(text),
  projectRoot: text,
  supervisorPid: number,
  foreign: v.optional(v.looseObject({kind: text, gains: texts})),
  groups: v.optional(v.array(v.looseObject({name: text, processes: number, threads: number}))),
});
const requestRef = v.looseObject({id: text, method: text, url: text, startedAt: number});
const thread = v.looseObject({
  ident: text,
  name: v.optional(text),
  frames: v.array(frame),
  request: v.optional(requestRef),
  kernel: v.optional(text),
});
const capture = v.looseObject({
  id: number,
  at: number,
  pid,
  method: text,
  cause: text,
  title: text,
  threads: v.array(thread),
  culprit: v.optional(text),
  uncovered: v.optional(text),
});
const stackSummary = v.looseObject({
  id: number,
  at: number,
  pid,
  method: text,
  cause: text,
  title: text,
  threads: number,
  requests: number,
});
const incidentSummary = v.looseObject({
  id: v.pipe(text, v.regex(/^[\w-]{1,100}$/)),
  kind: text,
  severity: v.picklist(['error', 'warn']),
  openedAt: number,
  closedAt: maybe,
  title: text,
  pid: v.nullable(pid),
  processGroup: text,
  where: place,
  count: number,
  cause: text,
  remedy: text,
});
const verdict = v.looseObject({
  requestId: text,
  pid,
  method: text,
  url: text,
  startedAt: number,
  at: number,
  verdict: v.picklist(['stuck', 'slow', 'waiting', 'unknown']),
  same: number,
  samples: number,
  frame: v.nullable(frame),
  own: v.nullable(frame),
  waitsIn: v.optional(text),
  captures: v.array(number),
  pieces: v.optional(number),
  silentSince: v.optional(number),
});
const phases = v.looseObject({
  at: number,
  seconds: number,
  source: text,
  requests: number,
  figures: v.array(v.looseObject({phase: text, p50: maybe, p95: maybe, p99: maybe, mean: maybe, max: maybe})),
  utilization: maybe,
  gc: v.optional(v.looseObject({passes: number, ms: number, maxMs: number})),
  slots: v.optional(v.array(v.looseObject({pid, busy: number, total: number, longest: number}))),
});
const slot = v.looseObject({name: text, processGroup: text, state: text, since: number, pids: v.array(pid), inFlight: number});
const reload = v.looseObject({
  id: number,
  names: texts,
  files: number,
  seenAt: number,
  answeredAt: maybe,
  status: v.picklist(['running', 'done', 'failed']),
  ms: maybe,
  by: text,
  detail: v.optional(text),
  failure: v.optional(v.looseObject({title: text, traceback: texts, place})),
});
const exit = v.looseObject({code: maybe, signal: v.nullable(text)});
const PHASE_NAMES = ['starting', 'ready', 'degraded', 'reloading', 'stopping', 'stopped', 'failed'] as const;
const drain = v.looseObject({inFlight: number, oldestMs: maybe, deadline: maybe});
const figures = v.looseObject({
  at: number,
  requestsPerSecond: number,
  errors5xx: number,
  p50: maybe,
  p95: maybe,
  p99: maybe,
  busy: number,
  capacity: number,
  queueMs: maybe,
  cpu: number,
  rss: number,
  load1: maybe,
});

const logEntry = v.custom<LogEntry>(isLogEntry, 'no log entry');
const counts = v.record(v.picklist(LOG_LEVELS), number);
const host = v.looseObject({cpuCount: number, memTotal: number, memAvailable: number, load1: number});

const state = v.looseObject({
  name: text,
  at: number,
  info: v.nullable(info),
  lifecycle: v.looseObject({
    phase: v.picklist(PHASE_NAMES),
    since: number,
    detail: text,
    attempt: number,
    retryAt: maybe,
    exit: v.nullable(exit),
    launchedAt: maybe,
    answeredAt: maybe,
    answeredMs: maybe,
    guardPid: maybe,
    apachePid: maybe,
    drain: v.nullable(drain),
  }),
  agents: v.array(
    v.looseObject({
      pid,
      state: v.picklist(['connected', 'silent', 'wedged']),
      since: number,
      python: v.nullable(text),
      detail: text,
      busy: number,
      total: number,
      queueMs: maybe,
      sampledAt: maybe,
      dropped: number,
    }),
  ),
  requests: v.array(request),
  processes: v.array(process),
  host: v.nullable(host),
  traffic: v.array(traffic),
  busyHistory: v.array(number),
  restarts: v.array(v.looseObject({at: number, pid, cause: text, text, processGroup: text, inFlight: v.array(request), source: text})),
  reloads: v.array(reload),
  exceptions: v.array(
    v.looseObject({
      at: number,
      pid,
      requestId: v.nullable(text),
      request: v.nullable(text),
      title: text,
      traceback: texts,
      file: v.nullable(text),
      line: maybe,
      count: number,
    }),
  ),
  captures: v.array(stackSummary),
  notices: v.array(v.looseObject({key: text, at: number, severity: v.picklist(['info', 'warn', 'error']), text, remedy: v.nullable(text)})),
  incidents: v.array(incidentSummary),
  verdicts: v.array(verdict),
  phases: v.nullable(phases),
  advice: v.array(diagnosis),
  slots: v.array(slot),
  log: v.looseObject({last: number, dropped: number, counts, problems: v.array(logEntry), recent: v.array(logEntry)}),
});

const option = v.looseObject({name: text, area: text, value: text, given: v.boolean(), help: text});
const config = v.looseObject({options: v.array(option), file: text, lines: texts, error: v.optional(text)});

const incident = v.looseObject({
  v: v.literal(1),
  summary: incidentSummary,
  instance: v.looseObject({name: text, url: text, serverRoot: text, modWsgi: text, python: text, apache: text, mpm: text}),
  reason: text,
  inFlight: v.array(request),
  verdicts: v.array(verdict),
  captures: v.array(capture),
  log: v.array(logEntry),
  processes: v.array(process),
  before: v.array(figures),
  after: v.array(figures),
  diagnoses: v.array(diagnosis),
});

const cells = v.pipe(number, v.integer(), v.minValue(1), v.maxValue(1000));

/** What comes with screens' questions, by the kind of line. */
const data = {
  '+key': v.looseObject({
    v: v.literal(RECORDING_VERSION),
    stream: v.literal(STREAM_VERSION),
    run: v.pipe(text, v.maxLength(100)),
    segment: number,
    logged: number,
    state,
    config: v.nullable(config),
  }),
  '+logs': v.array(logEntry),
  '+left-out': v.looseObject({lines: number, counts: v.record(v.picklist(LOG_LEVELS), number)}),
  '+incident': incident,
  '+source': v.looseObject({file: text, from: number, lines: texts, error: v.optional(text)}),
  '+live': capture,
  '+pane': v.object({cols: cells, rows: cells}),
};

const base = {at: number, instance: text};
const event = v.variant('type', [
  v.looseObject({...base, type: v.literal('instance'), info}),
  v.looseObject({
    ...base,
    type: v.literal('phase'),
    phase: v.picklist(PHASE_NAMES),
    detail: text,
    attempt: v.optional(number),
    retryAt: v.optional(number),
    exit: v.optional(exit),
  }),
  v.looseObject({...base, type: v.literal('launched'), guardPid: number, apachePid: maybe}),
  v.looseObject({...base, type: v.literal('answered'), ms: number, status: number}),
  v.looseObject({
    ...base,
    type: v.literal('agent'),
    pid,
    state: v.picklist(['connected', 'silent', 'gone', 'wedged', 'recovered']),
    python: v.optional(text),
    detail: v.optional(text),
  }),
  v.looseObject({
    ...base,
    type: v.literal('requests'),
    pid,
    requests: v.array(request),
    busy: number,
    total: number,
    dropped: number,
    queueMs: v.optional(number),
  }),
  v.looseObject({...base, type: v.literal('processes'), rows: v.array(process)}),
  v.looseObject({...base, type: v.literal('host'), ...host.entries}),
  v.looseObject({...base, type: v.literal('traffic'), window: traffic}),
  v.looseObject({...base, type: v.literal('stacks'), capture}),
  v.looseObject({
    ...base,
    type: v.literal('restart'),
    pid,
    cause: text,
    text,
    processGroup: text,
    inFlight: v.optional(v.array(request)),
    source: text,
  }),
  v.looseObject({
    ...base,
    type: v.literal('exception'),
    pid,
    requestId: v.optional(text),
    request: v.optional(text),
    title: text,
    traceback: texts,
    file: v.optional(text),
    line: v.optional(number),
  }),
  v.looseObject({...base, type: v.literal('reload'), reload}),
  v.looseObject({
    ...base,
    type: v.literal('notice'),
    key: text,
    severity: v.picklist(['info', 'warn', 'error']),
    text,
    remedy: v.optional(text),
    cleared: v.optional(v.boolean()),
  }),
  v.looseObject({...base, type: v.literal('drain'), ...drain.entries}),
  v.looseObject({...base, type: v.literal('terminal'), from: number, data: text}),
  v.looseObject({...base, type: v.literal('incident'), incident: incidentSummary}),
  v.looseObject({...base, type: v.literal('verdict'), verdict}),
  v.looseObject({...base, type: v.literal('phases'), phases}),
  v.looseObject({...base, type: v.literal('advice'), advice: v.array(diagnosis)}),
  v.looseObject({...base, type: v.literal('slots'), slots: v.array(slot)}),
]);

/** The data of one kind of line; null when they are not what they should be. */
export function checkData<K extends keyof LineData>(kind: K, value: unknown): LineData[K] | null {
  const checked = v.safeParse(data[kind], value);
  return checked.success ? (checked.output as unknown as LineData[K]) : null;
}

/** An event of the stream; null for what is none, and for kinds that this version does not know. */
export function checkEvent(value: unknown): DeckEvent | null {
  const checked = v.safeParse(event, value);
  return checked.success ? (checked.output as unknown as DeckEvent) : null;
}

const LEVELS = new Set<unknown>(LOG_LEVELS);
const SOURCES = new Set<unknown>(['error', 'app', 'access', 'startup', 'deck']);

/** By hand: there are a hundred thousand of them. */
function isLogEntry(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Record<string, unknown>;
  if (typeof one['seq'] !== 'number' || typeof one['at'] !== 'number' || typeof one['text'] !== 'string') return false;
  if (!LEVELS.has(one['level']) || !SOURCES.has(one['source'])) return false;
  if (one['more'] !== undefined && !(Array.isArray(one['more']) && one['more'].every((line) => typeof line === 'string'))) return false;
  if (!WORDS.every((name) => one[name] === undefined || typeof one[name] === 'string')) return false;
  if (!NUMBERS.every((name) => one[name] === undefined || typeof one[name] === 'number')) return false;
  return one['source'] === 'access' ? isAccess(one['access']) : one['access'] === undefined;
}

const WORDS = ['module', 'code', 'requestId', 'client', 'kind'];
const NUMBERS = ['pid', 'tid', 'repeated', 'cut'];

function isAccess(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const {method, url, status, micros, bytes} = value as Record<string, unknown>;
  return typeof method === 'string' && typeof url === 'string' && [status, micros, bytes].every((one) => typeof one === 'number');
}

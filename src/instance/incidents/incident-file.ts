/** What a file of an incident must look like to be believed: the folder is ours alone, but a disk may be damaged and a version newer. */
import * as v from 'valibot';
import {INCIDENT_KINDS, type Incident} from '../../model/incidents.ts';
import {LOG_LEVELS} from '../../model/log.ts';

const text = v.pipe(v.string(), v.maxLength(100_000));
const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const list = <T extends v.GenericSchema>(item: T, most: number) => v.pipe(v.array(item), v.maxLength(most));

const place = v.object({file: text, line: count, func: v.optional(text)});
const frame = v.object({file: text, line: count, func: text, source: v.optional(text)});
const requestRef = v.object({id: text, method: text, url: text, startedAt: number});

const capture = v.object({
  id: count,
  at: number,
  pid: count,
  processGroup: v.optional(text),
  method: v.picklist(['agent', 'faulthandler', 'mod_wsgi', 'crash', 'pystack', 'py-spy', 'proc']),
  cause: v.picklist(['asked', 'request-timeout', 'wedged', 'stopping', 'crash', 'early']),
  title: text,
  culprit: v.optional(text),
  threads: list(
    v.object({
      ident: text,
      name: v.optional(text),
      frames: list(frame, 1000),
      request: v.optional(requestRef),
      tid: v.optional(count),
      kernel: v.optional(text),
    }),
    5000,
  ),
  uncovered: v.optional(text),
});

const entry = v.object({
  seq: count,
  at: number,
  source: v.picklist(['error', 'app', 'access', 'startup', 'deck']),
  level: v.picklist(LOG_LEVELS),
  text,
  more: v.optional(list(text, 5000)),
  pid: v.optional(number),
  tid: v.optional(number),
  module: v.optional(text),
  code: v.optional(text),
  requestId: v.optional(text),
  client: v.optional(text),
  kind: v.optional(v.picklist(['traceback', 'stack-dump'])),
  access: v.optional(v.looseObject({method: text, url: text, status: number, micros: number, bytes: number})),
  repeated: v.optional(number),
  cut: v.optional(number),
});

const figures = v.object({
  at: number,
  requestsPerSecond: number,
  errors5xx: number,
  p50: v.nullable(number),
  p95: v.nullable(number),
  p99: v.nullable(number),
  busy: number,
  capacity: number,
  queueMs: v.nullable(number),
  cpu: number,
  rss: number,
  load1: v.nullable(number),
});

const incident = v.object({
  v: v.literal(1),
  summary: v.object({
    id: v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/)),
    kind: v.picklist(INCIDENT_KINDS),
    severity: v.picklist(['error', 'warn']),
    openedAt: number,
    closedAt: v.nullable(number),
    title: text,
    pid: v.nullable(count),
    processGroup: text,
    where: v.nullable(place),
    count,
    cause: text,
    remedy: text,
    earlier: v.boolean(),
  }),
  instance: v.object({
    name: text,
    url: text,
    script: v.nullable(text),
    serverRoot: text,
    modWsgi: text,
    python: text,
    apache: text,
    mpm: text,
    processes: count,
    threads: count,
    requestTimeout: number,
  }),
  reason: text,
  inFlight: list(
    v.object({
      ...requestRef.entries,
      pid: count,
      ident: text,
      worker: v.optional(number),
      queueMs: v.optional(number),
      client: v.optional(text),
      at: v.optional(text),
      pieces: v.optional(number),
      silentSince: v.optional(number),
    }),
    1000,
  ),
  verdicts: list(
    v.object({
      requestId: text,
      pid: count,
      method: text,
      url: text,
      startedAt: number,
      at: number,
      verdict: v.picklist(['stuck', 'slow', 'waiting', 'unknown']),
      same: count,
      samples: count,
      frame: v.nullable(frame),
      own: v.nullable(frame),
      waitsIn: v.optional(text),
      captures: list(count, 1000),
      pieces: v.optional(number),
      silentSince: v.optional(number),
    }),
    1000,
  ),
  captures: list(capture, 100),
  log: list(entry, 2000),
  processes: list(
    v.object({
      pid: count,
      ppid: count,
      role: v.picklist(['supervisor', 'dashboard', 'guard', 'apache', 'child', 'daemon', 'service', 'other']),
      label: text,
      state: text,
      cpu: number,
      rss: number,
      threads: number,
      startedAt: number,
      agent: v.optional(v.picklist(['connected', 'silent', 'absent'])),
      replaced: v.optional(text),
    }),
    1000,
  ),
  before: list(figures, 1000),
  after: list(figures, 1000),
  diagnoses: list(
    v.object({
      rule: text,
      severity: v.picklist(['error', 'warn', 'info']),
      cause: text,
      remedy: text,
      evidence: v.optional(list(text, 1000)),
      place: v.optional(place),
    }),
    1000,
  ),
});

/** @throws Error in one line when the text is no incident of this version. */
export function parseIncident(json: string): Incident {
  const parsed = v.safeParse(incident, JSON.parse(json));
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(`${v.getDotPath(issue) ?? 'file'}: ${issue.message}`);
  }
  return parsed.output;
}

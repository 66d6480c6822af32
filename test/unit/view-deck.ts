/**
 * A deck for view tests: a real state made by the real reducer from events, and the log, captures and sources that such a server
 * would answer with, kept in memory. It notes what it is asked and told.
 */
import type {Command, CommandResult, ConfigView, LogWindow, Query, QueryResults} from '../../src/model/commands.ts';
import type {Deck} from '../../src/model/deck.ts';
import type {ActiveRequest, DeckEvent, InstanceInfo, ProcessRow} from '../../src/model/events.ts';
import type {Figures, Incident, IncidentSummary} from '../../src/model/incidents.ts';
import {isChatter, LOG_LEVELS, type LogEntry} from '../../src/model/log.ts';
import {apply, initialState} from '../../src/model/reduce.ts';
import type {StackCapture, ThreadStack} from '../../src/model/stacks.ts';
import type {InstanceState} from '../../src/model/state.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';

/** All times in view tests are relative to this one: 2026-11-20 14:02:31 UTC. */
export const NOW = Date.UTC(2026, 10, 20, 14, 2, 31);

export const INFO: InstanceInfo = {
  name: 'shop',
  url: 'http://localhost:8000',
  serverRoot: '/tmp/mod_wsgi-localhost:8000:33',
  script: '/srv/shop/shop/wsgi.py',
  workingDirectory: '/srv/shop',
  processGroup: 'localhost:8000',
  applicationGroup: '%{GLOBAL}',
  modWsgi: '6.1.1',
  python: '3.11.2',
  apache: '2.4.71',
  mpm: 'event',
  processes: 2,
  threads: 5,
  requestTimeout: 60,
  shutdownTimeout: 5,
  gracefulTimeout: 15,
  queueTimeout: 45,
  reloadOnChanges: true,
  errorLog: '/tmp/mod_wsgi-localhost:8000:33/error_log',
  accessLog: '/tmp/mod_wsgi-localhost:8000:33/access_log',
  projectRoot: '/srv/shop',
  supervisorPid: 23001,
};

type Body<T> = T extends unknown ? Omit<T, 'at' | 'instance'> : never;

/** An event of the test's instance; `before` milliseconds before NOW. */
export function event(body: Body<DeckEvent>, before = 0): DeckEvent {
  return {at: NOW - before, instance: 'shop', ...body};
}

export function request(part: Partial<ActiveRequest> & {ageMs: number}): ActiveRequest {
  const {ageMs, ...rest} = part;
  return {
    id: '5XlyVZWRnvY',
    pid: 23117,
    ident: '140634018416320',
    worker: 4,
    method: 'GET',
    url: '/',
    startedAt: NOW - ageMs,
    queueMs: 2,
    client: '10.0.3.7',
    ...rest,
  };
}

export const REQUESTS: ActiveRequest[] = [
  request({ageMs: 41_200, method: 'POST', url: '/checkout/pay', at: '/srv/shop/payments/gateway.py:118 in charge'}),
  request({
    id: '7aBcD',
    ident: '140634010000000',
    worker: 2,
    ageMs: 1900,
    url: '/search?q=red+shoes&page=2',
    at: '/srv/shop/search/views.py:31 in find',
    queueMs: 14,
  }),
  request({id: '9xYzW', ident: '140634000000001', pid: 23118, worker: 1, ageMs: 200, url: '/static/app.css'}),
];

export const STUCK: ThreadStack = {
  ident: '140634018416320',
  name: 'Dummy-4',
  frames: [
    {file: '/usr/lib/python3.11/ssl.py', line: 1166, func: 'read'},
    {file: '/usr/lib/python3.11/http/client.py', line: 279, func: '_read_status'},
    {file: '/srv/venv/lib/python3.11/site-packages/requests/adapters.py', line: 667, func: 'send'},
    {file: '/srv/venv/lib/python3.11/site-packages/requests/sessions.py', line: 703, func: 'send'},
    {file: '/srv/shop/payments/gateway.py', line: 118, func: 'charge', source: '        reply = session.post(self.url, data=payload)'},
    {file: '/srv/shop/shop/views.py', line: 57, func: 'pay'},
    {file: '/srv/venv/lib/python3.11/site-packages/django/core/handlers/base.py', line: 197, func: '_get_response'},
    {file: '/srv/venv/lib/python3.11/site-packages/django/core/handlers/exception.py', line: 55, func: 'inner'},
    {file: '/srv/venv/lib/python3.11/site-packages/django/utils/deprecation.py', line: 134, func: '__call__'},
    {file: '/srv/venv/lib/python3.11/site-packages/django/core/handlers/wsgi.py', line: 124, func: '__call__'},
    {file: '/tmp/mod_wsgi-localhost:8000:33/handler.wsgi', line: 40, func: 'application'},
  ],
  request: {id: '5XlyVZWRnvY', method: 'POST', url: '/checkout/pay', startedAt: NOW - 41_200},
};

export function capture(part: Partial<StackCapture> = {}): StackCapture {
  return {
    id: 1,
    at: NOW - 3000,
    pid: 23117,
    processGroup: 'localhost:8000',
    method: 'agent',
    cause: 'asked',
    title: 'stacks of daemon 23117',
    threads: [
      STUCK,
      {ident: '140634000000002', name: 'Dummy-5', frames: [{file: '/usr/lib/python3.11/threading.py', line: 320, func: 'wait'}]},
      {ident: '140634000000003', name: 'Dummy-6', frames: [{file: '/usr/lib/python3.11/threading.py', line: 320, func: 'wait'}]},
    ],
    ...part,
  };
}

const proc = (part: Partial<ProcessRow> & Pick<ProcessRow, 'pid' | 'role'>): ProcessRow => ({
  ppid: 1,
  label: part.role,
  state: 'S',
  cpu: 0,
  rss: 8 * 1024 * 1024,
  threads: 1,
  startedAt: NOW - 8_040_000,
  ...part,
});

export const PROCESSES: ProcessRow[] = [
  proc({pid: 23001, role: 'supervisor', label: 'wsgideck', cpu: 1.2, rss: 71_000_000, threads: 11}),
  proc({pid: 23020, role: 'dashboard', label: 'wsgideck', cpu: 4.1, rss: 92_000_000, threads: 11}),
  proc({pid: 23030, role: 'guard', label: 'wsgideck-guard', rss: 900_000}),
  proc({pid: 23031, role: 'apache', label: 'apache2', rss: 7_900_000}),
  proc({
    pid: 23117,
    role: 'daemon',
    label: 'localhost:8000',
    cpu: 61,
    rss: 230_000_000,
    threads: 9,
    agent: 'connected',
    startedAt: NOW - 1_350_000,
    replaced: 'request timeout: POST /checkout/pay',
  }),
  proc({pid: 23118, role: 'daemon', label: 'localhost:8000', cpu: 9.4, rss: 190_000_000, threads: 9, agent: 'connected'}),
  proc({pid: 23040, role: 'child', label: 'apache2', cpu: 0.3, rss: 7_300_000, threads: 27}),
];

/** The request of `REQUESTS` that is stuck, as three samples say. */
export function verdict(part: Partial<RequestVerdict> = {}): RequestVerdict {
  return {
    requestId: '5XlyVZWRnvY',
    pid: 23117,
    method: 'POST',
    url: '/checkout/pay',
    startedAt: NOW - 41_200,
    at: NOW - 1000,
    verdict: 'waiting',
    same: 3,
    samples: 3,
    frame: STUCK.frames[0]!,
    own: STUCK.frames[4]!,
    waitsIn: 'socket.recv',
    captures: [2],
    ...part,
  };
}

export function summary(part: Partial<IncidentSummary> = {}): IncidentSummary {
  return {
    id: '20261120-140150-1a',
    kind: 'crash',
    severity: 'error',
    openedAt: NOW - 20_000,
    closedAt: null,
    title: 'crash: Segmentation fault in GET /recommend at shop/recommend.py:22',
    pid: 23116,
    processGroup: 'localhost:8000',
    where: {file: '/srv/shop/shop/recommend.py', line: 22, func: 'natively'},
    count: 1,
    cause: 'C code read an address that is not its own.',
    remedy: 'Update the extension that the line calls.',
    earlier: false,
    ...part,
  };
}

const figures = (second: number): Figures => ({
  at: NOW - 80_000 + second * 1000,
  requestsPerSecond: 100 + second,
  errors5xx: 0,
  p50: 12,
  p95: 88,
  p99: 640,
  busy: 3,
  capacity: 10,
  queueMs: 2,
  cpu: 60,
  rss: 300_000_000,
  load1: 0.8,
});

export function incident(part: Partial<IncidentSummary> = {}): Incident {
  const {name, url, script, serverRoot, modWsgi, python, apache, mpm, processes, threads, requestTimeout} = INFO;
  return {
    v: 1,
    summary: summary(part),
    instance: {name, url, script, serverRoot, modWsgi, python, apache, mpm, processes, threads, requestTimeout},
    reason: 'ended by SIGSEGV',
    inFlight: [REQUESTS[0]!],
    verdicts: [verdict()],
    captures: [capture({cause: 'crash', method: 'crash', title: 'Segmentation fault in GET /recommend'})],
    log: [entry({level: 'error', text: 'child pid 23116 exit signal Segmentation fault (11)'})],
    processes: [PROCESSES[4]!],
    before: Array.from({length: 30}, (_, index) => figures(index)),
    after: Array.from({length: 10}, (_, index) => figures(60 + index)),
    diagnoses: [
      {
        rule: 'crash',
        severity: 'error',
        cause: 'C code read an address that is not its own.',
        remedy: 'Update it.',
        evidence: ['twice today'],
      },
    ],
  };
}

let seq = 0;
export function entry(part: Partial<LogEntry> & {before?: number}): LogEntry {
  const {before = 0, ...rest} = part;
  return {seq: ++seq, at: NOW - before, source: 'error', level: 'info', text: 'Starting thread 3', pid: 23117, module: 'wsgi', ...rest};
}

/** A log of `count` entries with some of each kind. */
export function someLog(count: number): LogEntry[] {
  seq = 0;
  return Array.from({length: count}, (_, index) => {
    const before = (count - index) * 700;
    if (index % 7 === 3)
      return entry({
        before,
        source: 'app',
        level: 'error',
        text: 'ValueError: bad card',
        more: [
          'Traceback (most recent call last):',
          '  File "/srv/shop/payments/gateway.py", line 96, in check',
          '    raise ValueError("bad card")',
          'ValueError: bad card',
        ],
        kind: 'traceback',
      });
    if (index % 7 === 5)
      return entry({
        before,
        level: 'warn',
        text: 'Truncated or oversized response headers received from daemon process',
        module: 'wsgi',
        code: 'WSGI0147',
      });
    if (index % 2 === 0)
      return entry({
        before,
        source: 'access',
        text: `GET /item/${index}`,
        access: {method: 'GET', url: `/item/${index}`, status: index % 10 === 8 ? 503 : 200, micros: 8000 + index * 977, bytes: 5120},
      });
    return entry({before, text: `Daemon process handled ${index} requests`});
  });
}

/** A server under load with one request that is stuck: what an engineer on call meets. */
export function busyEvents(log: LogEntry[] = someLog(40)): DeckEvent[] {
  return [
    event({type: 'instance', info: INFO}, 8_040_000),
    event({type: 'launched', guardPid: 23030, apachePid: 23031}, 8_040_000),
    event({type: 'phase', phase: 'ready', detail: 'ready'}, 8_039_000),
    event({type: 'answered', ms: 71, status: 200}, 8_039_900),
    event({type: 'agent', pid: 23117, state: 'connected', python: '3.11.2'}, 1_350_000),
    event({type: 'agent', pid: 23118, state: 'connected', python: '3.11.2'}, 8_039_000),
    event({type: 'host', cpuCount: 4, memTotal: 16e9, memAvailable: 9e9, load1: 0.84}, 500),
    event({type: 'processes', rows: PROCESSES}, 500),
    event(
      {
        type: 'restart',
        pid: 22990,
        cause: 'request-timeout',
        text: 'a request took longer than the request timeout',
        processGroup: 'localhost:8000',
        source: 'agent',
        inFlight: [REQUESTS[0]!],
      },
      1_351_000,
    ),
    event(
      {
        type: 'restart',
        pid: 22870,
        cause: 'maximum-requests',
        text: 'served its maximum of requests',
        processGroup: 'localhost:8000',
        source: 'log',
      },
      3_000_000,
    ),
    event(
      {
        type: 'reload',
        reload: {
          id: 1,
          names: ['shop/views.py'],
          files: 1,
          seenAt: NOW - 33_000,
          answeredAt: NOW - 32_952,
          status: 'done',
          ms: 48,
          by: 'change',
        },
      },
      32_952,
    ),
    event(
      {type: 'requests', pid: 23117, requests: REQUESTS.filter((one) => one.pid === 23117), busy: 2, total: 5, dropped: 0, queueMs: 3},
      300,
    ),
    event(
      {type: 'requests', pid: 23118, requests: REQUESTS.filter((one) => one.pid === 23118), busy: 1, total: 5, dropped: 0, queueMs: 1},
      300,
    ),
    ...Array.from({length: 60}, (_, index) =>
      event(
        {
          type: 'traffic',
          window: {
            at: NOW - (60 - index) * 1000,
            seconds: 1,
            requests: Math.round(140 + 60 * Math.sin(index / 5)),
            errors5xx: index % 20 === 0 ? 1 : 0,
            errors4xx: index % 15 === 0 ? 2 : 0,
            p50: 12,
            p95: 88,
            p99: 640,
          },
        },
        (60 - index) * 1000,
      ),
    ),
    event(
      {
        type: 'stacks',
        capture: capture({
          id: 1,
          at: NOW - 1_352_000,
          cause: 'request-timeout',
          method: 'mod_wsgi',
          title: 'request timeout: POST /checkout/pay after 156.4 s',
        }),
      },
      1_352_000,
    ),
    event({type: 'stacks', capture: capture({id: 2})}, 3000),
    event(
      {
        type: 'notice',
        key: 'capacity',
        severity: 'info',
        text: 'threads busy 60 % for 10 min; queue time rising',
        remedy: 'Two more threads would have held it.',
      },
      60_000,
    ),
    ...log.map((one) => event({type: 'log', entry: one}, NOW - one.at)),
  ];
}

export const SOURCE = [
  '    def charge(self, order):',
  '        """Takes the money."""',
  '        session = self._session()',
  '        payload = self._sign(order)',
  '        reply = session.post(self.url, data=payload)',
  '        return self._parse(reply)',
  '',
  '    def refund(self, order):',
  '        pass',
];

/** Set up with `--threads 7 --https-port 8443`, as if the table had these options. */
export const CONFIG: ConfigView = {
  options: [
    {name: '--host', area: 'network', value: '-', given: false, help: 'Address to listen on; all of them when it is not given.'},
    {name: '--https-port', area: 'https', value: '8443', given: true, help: 'Port for HTTPS.'},
    ...Array.from({length: 60}, (_, index) => ({
      name: `--limit-${index}`,
      area: 'capacity',
      value: String(index),
      given: false,
      help: `Limit number ${index}, which is there so that the list is longer than any screen.`,
    })),
    {name: '--threads', area: 'capacity', value: '7', given: true, help: 'Threads of each daemon process.'},
  ],
  file: '/srv/deck/httpd.conf',
  lines: [
    '# Written by wsgideck; each start writes it anew.',
    '# wsgideck start-server "app.wsgi"',
    '',
    '# Modules',
    ...Array.from({length: 40}, (_, index) => `LoadModule part_${index}_module "/usr/lib/apache2/modules/mod_part_${index}.so"`),
    '',
    '# Python and the daemon processes',
    'WSGIDaemonProcess "localhost:8000" \\',
    '    threads=7 \\',
    '    home="/srv/shop"',
    'WSGIPassAuthorization On',
    '',
    '# Mine',
    'LogLevel info',
  ],
};

export class MemoryDeck implements Deck {
  readonly sent: Command[] = [];
  readonly asked: Query[] = [];
  log: LogEntry[] = [];
  captures: StackCapture[] = [capture(), capture({id: 2})];
  incidents: Incident[] = [];
  /** Set to say what commands are answered with. */
  result: CommandResult = {ok: true, text: 'done'};
  gone: string | null = null;
  config: ConfigView = CONFIG;
  #state: InstanceState;
  readonly #listeners = new Set<() => void>();

  constructor(events: DeckEvent[] = []) {
    this.#state = initialState('shop');
    for (const one of events) this.#take(one);
  }

  state = () => this.#state;
  closed = () => this.gone;

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  happen(...events: DeckEvent[]): void {
    for (const one of events) this.#take(one);
    this.#tell();
  }

  close(reason: string): void {
    this.gone = reason;
    this.#tell();
  }

  async send(command: Command): Promise<CommandResult> {
    this.sent.push(command);
    return this.result;
  }

  async ask<Q extends Query>(query: Q): Promise<QueryResults[Q['type']]> {
    this.asked.push(query);
    return this.#answer(query) as QueryResults[Q['type']];
  }

  commands(): Command[] {
    return this.sent.filter((one) => one.type !== 'cadence');
  }

  #answer(query: Query): QueryResults[keyof QueryResults] {
    if (query.type === 'log') return windowOf(this.log, query);
    if (query.type === 'capture') return this.captures.find((one) => one.id === query.id) ?? null;
    if (query.type === 'live') return capture({id: 0, at: Date.now(), pid: query.pid});
    if (query.type === 'config') return this.config;
    if (query.type === 'terminal') throw new Error('this server has no terminal');
    if (query.type === 'incident') return this.incidents.find((one) => one.summary.id === query.id) ?? null;
    if (query.type === 'recording') return {folder: null, from: 0, to: 0, bytes: 0};
    return {file: query.file, from: 114, lines: SOURCE};
  }

  #take(one: DeckEvent): void {
    if (one.type === 'log') this.log.push(one.entry);
    this.#state = apply(this.#state, one);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function windowOf(log: LogEntry[], {filter, before, after, limit}: Extract<Query, {type: 'log'}>): LogWindow {
  const bounds = {first: log[0]?.seq ?? 0, last: log.at(-1)?.seq ?? 0};
  let test = (_text: string) => true;
  try {
    const inverse = filter.text?.startsWith('!') === true;
    const pattern = new RegExp(inverse ? filter.text!.slice(1) : (filter.text ?? ''), 'i');
    test = (text) => pattern.test(text) !== inverse;
  } catch (error) {
    return {entries: [], older: false, newer: false, ...bounds, error: (error as Error).message};
  }
  const least = filter.level === undefined ? LOG_LEVELS.length : LOG_LEVELS.indexOf(filter.level);
  const all = log.filter(
    (one) =>
      test(one.text) &&
      LOG_LEVELS.indexOf(one.level) <= least &&
      (filter.sources?.includes(one.source) ?? true) &&
      !(filter.quiet && isChatter(one)),
  );
  const entries =
    after === undefined
      ? all.filter((one) => one.seq < (before ?? Infinity)).slice(-limit)
      : all.filter((one) => one.seq > after).slice(0, limit);
  return {entries, older: entries[0] !== all[0], newer: entries.at(-1) !== all.at(-1), ...bounds};
}

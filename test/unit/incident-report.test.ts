import {expect, test} from 'vitest';
import {reportOf} from '../../src/diagnose/report/index.ts';
import {textReport} from '../../src/diagnose/report/text.ts';
import type {Incident} from '../../src/model/incidents.ts';

const HOSTILE = `</pre></title><script>alert(1)</script>"'\`\`\`\n# head <img src=x onerror=alert(2)> | [a](javascript:alert(3)) \u001b[31m\u202eevil`;

/** Every text in it is what a stranger may have made of it. */
const incident: Incident = {
  v: 1,
  summary: {
    id: '20261120-131502-3f9a',
    kind: 'request-timeout',
    severity: 'error',
    openedAt: 1_795_000_000_000,
    closedAt: 1_795_000_012_000,
    title: HOSTILE,
    pid: 50,
    processGroup: HOSTILE,
    where: {file: HOSTILE, line: 7, func: HOSTILE},
    count: 2,
    cause: HOSTILE,
    remedy: HOSTILE,
    earlier: false,
  },
  instance: {
    name: HOSTILE,
    url: HOSTILE,
    script: HOSTILE,
    serverRoot: '/srv/deck',
    modWsgi: '6.1.1',
    python: '3.11',
    apache: '2.4.71',
    mpm: 'event',
    processes: 2,
    threads: 5,
    requestTimeout: 60,
  },
  reason: HOSTILE,
  inFlight: [{id: HOSTILE, pid: 50, ident: '1', method: HOSTILE, url: HOSTILE, startedAt: 1_794_999_988_000, at: HOSTILE}],
  verdicts: [
    {
      requestId: HOSTILE,
      pid: 50,
      method: HOSTILE,
      url: HOSTILE,
      startedAt: 1_794_999_988_000,
      at: 1_795_000_000_000,
      verdict: 'stuck',
      same: 3,
      samples: 3,
      frame: null,
      own: {file: HOSTILE, line: 7, func: HOSTILE},
      captures: [1],
    },
  ],
  captures: [
    {
      id: 1,
      at: 1_795_000_000_000,
      pid: 50,
      method: 'agent',
      cause: 'early',
      title: HOSTILE,
      uncovered: HOSTILE,
      threads: [
        {
          ident: '1',
          name: HOSTILE,
          frames: [{file: HOSTILE, line: 7, func: HOSTILE, source: HOSTILE}],
          request: {id: 'x', method: HOSTILE, url: HOSTILE, startedAt: 1},
        },
        {ident: '2', frames: [{file: '/srv/deck/wsgideck/agent.py', line: 1, func: 'run'}]},
      ],
    },
  ],
  log: [
    {seq: 1, at: 1_795_000_000_000, source: 'app', level: 'error', text: HOSTILE, more: [HOSTILE]},
    {
      seq: 2,
      at: 1_795_000_000_001,
      source: 'access',
      level: 'info',
      text: '',
      access: {method: HOSTILE, url: HOSTILE, status: 502, micros: 12_000_000, bytes: 1},
    },
  ],
  processes: [{pid: 50, ppid: 1, role: 'daemon', label: HOSTILE, state: 'S', cpu: 1, rss: 1e7, threads: 6, startedAt: 1_794_999_000_000}],
  before: [
    {
      at: 1_794_999_999_000,
      requestsPerSecond: 3,
      errors5xx: 0,
      p50: 1,
      p95: 2,
      p99: 3,
      busy: 5,
      capacity: 10,
      queueMs: null,
      cpu: 3,
      rss: 1e7,
      load1: 0.5,
    },
  ],
  after: [
    {
      at: 1_795_000_001_000,
      requestsPerSecond: 0,
      errors5xx: 2,
      p50: 1,
      p95: 2,
      p99: 3,
      busy: 5,
      capacity: 10,
      queueMs: 12,
      cpu: 3,
      rss: 1e7,
      load1: 0.5,
    },
  ],
  diagnoses: [
    {rule: 'request-timeout', severity: 'error', cause: HOSTILE, remedy: HOSTILE, evidence: [HOSTILE], place: {file: HOSTILE, line: 7}},
  ],
};

test('JSON gives the incident back as it is', () => {
  const {text, suffix} = reportOf(incident, 'json');
  expect(suffix).toBe('json');
  expect(JSON.parse(text)).toEqual(incident);
});

test('HTML: nothing in it acts or loads, whatever the data says', () => {
  const {text, suffix} = reportOf(incident, 'html');
  expect(suffix).toBe('html');
  // The tags are ours alone, and none of them is one that could act.
  const tags = new Set([...text.matchAll(/<\/?([a-z0-9]+)/gi)].map((found) => found[1]!.toLowerCase()));
  for (const tag of ['script', 'img', 'iframe', 'object', 'link', 'a', 'form', 'svg', 'base']) expect(tags.has(tag), tag).toBe(false);
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  // What is between our tags has neither quotes nor handlers of its own: attributes come from us.
  for (const [tag] of text.matchAll(/<[a-z][^>]*>/gi)) expect(tag).not.toMatch(/\son\w+=|src=|href=|url\(|javascript/i);
  expect(text).toContain("default-src 'none'");
  expect(text).not.toContain('\u001b');
  expect(text).not.toContain('\u202e');
  for (const section of ['What it means', 'Requests in flight', 'Stuck or slow', 'Stacks', 'Log', 'Figures', 'Processes']) {
    expect(text).toContain(`<h2>${section}</h2>`);
  }
  expect(text).not.toContain('agent.py');
});

test('Markdown: strangers cannot end a block of code, begin a heading, or make a tag or a link', () => {
  const {text, suffix} = reportOf(incident, 'markdown');
  expect(suffix).toBe('md');
  const fences = text.split('\n').filter((line) => /^`{3,}$/.test(line));
  expect(fences.length % 2).toBe(0);
  expect(fences.every((fence) => fence.length > 3)).toBe(true);
  const outside: string[] = [];
  let inside = '';
  for (const line of text.split('\n')) {
    if (/^`{4,}$/.test(line)) inside = inside === '' ? line : inside === line ? '' : inside;
    else if (inside === '') outside.push(line);
  }
  expect(outside.filter((line) => /(^|[^\\])<(script|img)|[^\\]\]\(|^# head/.test(line))).toEqual([]);
  expect(inside).toBe('');
  expect(text).not.toContain('\u001b');
});

test('text for a terminal is safe, one line is one line', () => {
  const lines = textReport(incident);
  expect(lines.every((line) => !/[\u0000-\u001f\u007f-\u009f\u202e]/.test(line))).toBe(true);
  expect(lines).toContain('Stacks');
});

test('of an incident that knows nothing, only what is known is said', () => {
  const bare: Incident = {
    ...incident,
    summary: {...incident.summary, where: null, pid: null, closedAt: null, title: 'all 5 threads are busy'},
    inFlight: [],
    verdicts: [],
    captures: [],
    log: [],
    processes: [],
    before: [],
    after: [],
    diagnoses: [],
  };
  for (const format of ['markdown', 'html'] as const) {
    const {text} = reportOf(bare, format);
    expect(text).toContain('all 5 threads are busy');
    expect(text).toContain('still open');
    expect(text).not.toContain('Stacks');
    expect(text).not.toMatch(/undefined|null|NaN/);
  }
});

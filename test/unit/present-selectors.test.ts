/** Pure selectors behind the views. */
import {expect, test} from 'vitest';
import {selectAttention} from '../../src/model/select-attention.ts';
import {selectCountdown} from '../../src/model/select-countdown.ts';
import {culpritIndex, ownFrame} from '../../src/model/select-frames.ts';
import {summarise} from '../../src/model/reduce.ts';
import {takenTogether} from '../../src/model/select-together.ts';
import {graveIncident} from '../../src/model/select-incidents.ts';
import {selectTotals} from '../../src/model/select-totals.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import {busyEvents, capture, event, INFO, MemoryDeck, NOW, request, STUCK, summary} from './view-deck.ts';

const at = (version: string, part = {}) => ({
  info: {...INFO, modWsgi: version, ...part},
  requests: [request({ageMs: 30_000}), request({id: 'b', ageMs: 10_000}), request({id: 'c', pid: 2, ageMs: 1000})],
});

test('6.x: each request has its own limit, stretched by the logarithm of the threads', () => {
  const state = at('6.1.1', {threads: 10});
  const rule = selectCountdown(state);
  expect(rule.rule).toBe('request');
  expect(rule.limit).toBeCloseTo(198.155, 2);
  expect(rule.left(state.requests[0]!, NOW)).toBeCloseTo(168.155, 2);
  expect(rule.left(state.requests[0]!, NOW + 500_000)).toBe(0);
});

test('4.x and 5.x: the average over all threads of the process counts', () => {
  for (const version of ['4.9.4', '5.0.2']) {
    const state = at(version);
    const rule = selectCountdown(state);
    expect(rule.rule).toBe('process');
    // 5 threads * 60 s - (30 + 10) s, and both requests together use up two seconds in each second.
    expect(rule.left(state.requests[0]!, NOW)).toBe(130);
    expect(rule.left(state.requests[1]!, NOW)).toBe(130);
    expect(rule.left(state.requests[2]!, NOW)).toBe(299);
    expect(rule.left(state.requests[0]!, NOW + 130_000)).toBe(0);
  }
});

test('no timeout, embedded mode, nothing known', () => {
  expect(selectCountdown(at('6.1.1', {requestTimeout: 0})).rule).toBe('off');
  expect(selectCountdown(at('4.9.4', {processes: 0})).rule).toBe('off');
  expect(selectCountdown({info: null, requests: []}).rule).toBe('unknown');
  expect(selectCountdown(at('6.1.1', {requestTimeout: 0})).left(request({ageMs: 1}), NOW)).toBeNull();
  expect(selectCountdown(at('7.0')).rule).toBe('request');
});

test.each([
  ['/srv/shop/payments/gateway.py', 'own', 'payments/gateway.py'],
  ['/srv/shop/.venv/lib/python3.11/site-packages/django/http.py', 'package', 'django/http.py'],
  ['/usr/lib/python3/dist-packages/yaml/__init__.py', 'package', 'yaml/__init__.py'],
  ['/usr/lib/python3.11/ssl.py', 'python', 'ssl.py'],
  ['<frozen importlib._bootstrap>', 'python', '<frozen importlib._bootstrap>'],
  ['/tmp/mod_wsgi-localhost:8000:33/handler.wsgi', 'deck', 'handler.wsgi'],
  ['/srv/shopping/x.py', 'own', '/srv/shopping/x.py'],
  ['app.wsgi', 'own', 'app.wsgi'],
])('%s is %s', (file, owner, short) => expect(ownFrame({file, line: 1, func: 'f'}, INFO)).toMatchObject({owner, short}));

test('the culprit is the innermost frame of the own code, else the innermost of all', () => {
  const own = STUCK.frames.map((frame) => ownFrame(frame, INFO));
  expect(own[culpritIndex(own)]).toMatchObject({func: 'charge', line: 118});
  expect(culpritIndex(own.filter((frame) => frame.owner !== 'own'))).toBe(0);
  expect(culpritIndex([])).toBe(-1);
});

test('captures of one asking belong together, of each process the nearest; those that came by themselves stand alone', () => {
  const of = (id: number, pid: number, at: number, cause: StackCapture['cause'] = 'asked') => summarise(capture({id, pid, at, cause}));
  const list = [of(1, 7, NOW - 1500), of(2, 7, NOW - 100), of(3, 8, NOW), of(4, 9, NOW - 60_000), of(5, 9, NOW, 'wedged')];
  expect(takenTogether(list, 3)).toEqual([2]);
  expect(takenTogether(list, 2)).toEqual([3]);
  expect(takenTogether(list, 4)).toEqual([]);
  expect(takenTogether(list, 5)).toEqual([]);
});

test('totals of the first screen', () => {
  const totals = selectTotals(new MemoryDeck(busyEvents()).state(), NOW);
  expect(totals).toMatchObject({busy: 3, capacity: 10, queueMs: 3, p50: 12, p95: 88, p99: 640, errors5xx: 2, errors4xx: 6});
  expect(totals.longest?.url).toBe('/checkout/pay');
  // Apache and its processes, not the supervisor, the screen and the guard.
  expect(totals.cpu).toBeCloseTo(70.7);
  expect(totals.rss).toBe(7_900_000 + 230_000_000 + 190_000_000 + 7_300_000);
});

test('capacity is that of all groups, but of the two of a swap only of the one that is live', () => {
  const deck = new MemoryDeck(busyEvents());
  const groups = [
    {name: 'shop', processes: 2, threads: 5},
    {name: 'shop:green', processes: 2, threads: 5},
  ];
  deck.happen(event({type: 'instance', info: {...INFO, groups}}));
  expect(selectTotals(deck.state(), NOW).capacity).toBe(20);
  const slot = {since: NOW, pids: [], inFlight: 0};
  deck.happen(
    event({
      type: 'slots',
      slots: [
        {name: 'blue', processGroup: 'shop', state: 'live', ...slot},
        {name: 'green', processGroup: 'shop:green', state: 'empty', ...slot},
      ],
    }),
  );
  expect(selectTotals(deck.state(), NOW).capacity).toBe(10);
});

test('attention: worst first, and a request becomes urgent before its limit', () => {
  const deck = new MemoryDeck(busyEvents());
  deck.happen(
    event({type: 'agent', pid: 23118, state: 'wedged', detail: ''}),
    event({type: 'notice', key: 'wedged:23118', severity: 'error', text: 'said twice'}),
  );
  expect(selectAttention(deck.state(), NOW).map((one) => [one.severity, one.key])).toEqual([
    ['error', 'wedged:23118'],
    ['warn', 'long:5XlyVZWRnvY'],
    ['info', 'capacity'],
  ]);
  const later = selectAttention(deck.state(), NOW + 90_000).find((one) => one.key === 'long:5XlyVZWRnvY')!;
  expect(later.severity).toBe('error');
  expect(later.left).toBeCloseTo(60 * (1 + Math.log(5)) - 131.2, 1);
});

test('of a server that is not ours, and has no mod_status, nobody knows what is in flight', () => {
  const deck = new MemoryDeck(busyEvents());
  const state = deck.state();
  expect(selectTotals(state, NOW).blind).toBe(false);
  const foreign = {...state, info: {...INFO, foreign: {kind: 'system' as const, gains: []}}};
  expect(selectTotals(foreign, NOW).blind).toBe(true);
  expect(selectTotals({...foreign, scoreboard: {at: NOW, busy: 1, idle: 3, accesses: null}}, NOW).blind).toBe(false);
});

test('who asks whether a server is well hears of what visitors suffer from, as long as it lasts', () => {
  const last = {openedAt: NOW, closedAt: null, severity: 'error' as const};
  expect(graveIncident([summary({...last, kind: 'crash'}), summary({...last, kind: 'saturated', closedAt: NOW})])).toBeUndefined();
  expect(graveIncident([summary({...last, kind: 'saturated', id: 'x'})])?.id).toBe('x');
});

test('incidents that are over come in the order in which they ended, the last one first, below those that last', () => {
  const deck = new MemoryDeck(busyEvents([]));
  const incident = (id: string, openedAt: number, closedAt: number | null) =>
    event({type: 'incident', incident: summary({id, kind: 'server-errors', severity: 'warn', title: id, openedAt, closedAt})});
  deck.happen(
    event({type: 'requests', pid: 23117, requests: [], busy: 0, total: 5, dropped: 0}),
    event({type: 'requests', pid: 23118, requests: [], busy: 0, total: 5, dropped: 0}),
    incident('long', NOW - 90_000, NOW - 1000),
    incident('lasts', NOW - 80_000, null),
    incident('first', NOW - 50_000, NOW - 40_000),
    incident('second', NOW - 45_000, NOW - 20_000),
    incident('lasts too', NOW - 5000, null),
  );
  const texts = selectAttention(deck.state(), NOW).map((one) => one.text);
  expect(texts.filter((text) => /long|lasts|first|second/.test(text))).toEqual([
    'lasts too',
    'lasts',
    'over: long',
    'over: second',
    'over: first',
  ]);
});

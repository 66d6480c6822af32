/** What the supervisor does becomes lines of the log. */
import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {keepDeckLog} from '../../src/instance/deck-log.ts';
import type {LogEntry} from '../../src/model/log.ts';
import {LogStore} from '../../src/sources/logs/log-store.ts';

function instance() {
  const bus = new Bus('shop');
  const store = new LogStore();
  bus.keepLogIn(store);
  keepDeckLog(bus, (entry) => {
    const kept = store.add(entry);
    bus.put({type: 'log', at: kept.at, entry: kept});
  });
  const lines = async () => {
    await Promise.resolve();
    return store.window({filter: {}, limit: 500}).entries.map((one) => `${one.source} ${one.level} ${one.text}`);
  };
  return {bus, lines};
}

test('phases, restarts, reloads and notices are written down with their severity, figures are not', async () => {
  const {bus, lines} = instance();
  const reload = {id: 1, names: ['views.py'], files: 1, seenAt: 1, answeredAt: null, ms: null, by: 'change' as const};
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  bus.put({type: 'restart', pid: 7, cause: 'request-timeout', text: 'GET /slow took 60 s', processGroup: 'shop', source: 'log'});
  bus.put({type: 'phase', phase: 'reloading', detail: 'new code: views.py'});
  bus.put({type: 'reload', reload: {...reload, status: 'running'}});
  bus.put({type: 'reload', reload: {...reload, status: 'failed', detail: 'a syntax error'}});
  bus.put({type: 'notice', key: 'a', severity: 'warn', text: 'the disk is full', remedy: 'make room'});
  bus.put({type: 'notice', key: 'a', severity: 'warn', text: '', cleared: true});
  bus.put({type: 'host', cpuCount: 1, memTotal: 1, memAvailable: 1, load1: 0});
  bus.put({type: 'phase', phase: 'failed', detail: 'Apache died'});
  expect(await lines()).toEqual([
    'deck notice ready',
    'deck warn process 7 (shop): GET /slow took 60 s',
    'deck notice reloading: new code: views.py',
    'deck error reload failed: views.py: a syntax error',
    'deck warn warn: the disk is full - make room',
    'deck error failed: Apache died',
  ]);
  expect(bus.state().log).toMatchObject({last: 6, counts: {error: 2, warn: 2, notice: 2}});
});

test('what somebody asked for, and what is known better already, is not told again', async () => {
  const {bus, lines} = instance();
  const ended = {type: 'restart' as const, pid: 7, processGroup: 'shop'};
  bus.put({...ended, cause: 'maximum-requests', text: 'served its maximum of requests', source: 'log'});
  bus.put({...ended, cause: 'shutdown', text: 'told to stop', source: 'exit'});
  bus.put({...ended, pid: 8, cause: 'reload', text: 'reload', source: 'exit'});
  expect(await lines()).toEqual(['deck notice process 7 (shop): served its maximum of requests']);
});

test('an end that the log and the agent tell of in the same words is told once, with the request, whoever comes first', async () => {
  const text = 'a request ran longer than request-timeout';
  const ended = {type: 'restart' as const, pid: 7, cause: 'request-timeout' as const, text, processGroup: 'shop'};
  const request = {id: 'r', pid: 7, ident: '1', method: 'GET', url: '/slow', startedAt: Date.now() - 61_000};
  const other = {...request, id: 'q', pid: 8, url: '/other', startedAt: 1};
  for (const order of [
    ['log', 'agent'],
    ['agent', 'log'],
  ] as const) {
    const {bus, lines} = instance();
    bus.put({type: 'requests', pid: 7, requests: [request], busy: 1, total: 5, dropped: 0});
    bus.put({type: 'requests', pid: 8, requests: [other], busy: 1, total: 5, dropped: 0});
    for (const source of order) bus.put({...ended, source, ...(source === 'agent' ? {inFlight: [request]} : {})});
    expect(await lines()).toEqual([
      expect.stringMatching(/^deck warn process 7 \(shop\): a request ran longer than request-timeout: GET \/slow after 61\.\d s$/),
    ]);
  }
});

test('a log entry makes no further entry, and listeners see the event before the line about it', async () => {
  const {bus, lines} = instance();
  const seen: string[] = [];
  bus.listen((event) => seen.push(event.type));
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  const entry: LogEntry = {seq: 9, at: 1, source: 'app', level: 'error', text: 'process 7 crashed'};
  bus.put({type: 'log', entry});
  await lines();
  await lines();
  expect(seen).toEqual(['phase', 'log', 'log']);
});

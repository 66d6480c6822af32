import {describe, expect, it} from 'vitest';
import {diagnoseRestart, diagnoseState} from '../../src/diagnose/index.ts';
import {restartRules} from '../../src/diagnose/rules/restarts.ts';
import {stateRules} from '../../src/diagnose/rules/state.ts';
import type {ActiveRequest, InstanceInfo, ProcessRow, RestartCause} from '../../src/model/events.ts';
import {initialState} from '../../src/model/reduce.ts';
import type {AgentState, InstanceState, RestartRecord} from '../../src/model/state.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';

const NOW = 1_700_000_000_000;
const MIB = 2 ** 20;
const CALM: InstanceState = {
  ...initialState('shop'),
  at: NOW,
  info: {processes: 1, threads: 5, requestTimeout: 60, modWsgi: '6.1.1', projectRoot: '/srv/app', serverRoot: '/srv/deck'} as InstanceInfo,
  lifecycle: {...initialState('shop').lifecycle, phase: 'ready'},
  agents: [{pid: 100, state: 'connected', busy: 1, total: 5, queueMs: 2} as AgentState],
  processes: [{pid: 100, ppid: 1, role: 'daemon', label: 'shop', state: 'S', cpu: 12, rss: 40 * MIB, threads: 6, startedAt: NOW}],
  host: {cpuCount: 2, memTotal: 8000 * MIB, memAvailable: 4000 * MIB, load1: 0.5},
  traffic: [{at: NOW, seconds: 1, requests: 20, errors5xx: 0, errors4xx: 2, p50: 5, p95: 20, p99: 40}],
  busyHistory: Array.from({length: 30}, () => 1),
};
const daemon = (row: Partial<ProcessRow>) => ({processes: [{...CALM.processes[0]!, ...row}]});
const request = (seconds: number, more: Partial<ActiveRequest> = {}): ActiveRequest => ({
  id: `r${seconds}`,
  pid: 100,
  ident: '1',
  method: 'GET',
  url: '/pay',
  startedAt: NOW - seconds * 1000,
  ...more,
});
const end = (seconds: number, cause: RestartCause): RestartRecord => ({
  at: NOW - seconds * 1000,
  pid: 90 - seconds,
  cause,
  text: cause,
  processGroup: 'shop',
  inFlight: [],
  source: 'log',
});
const own = {file: '/srv/app/pay.py', line: 7, func: 'charge'};
const waiting = (id: string) => ({requestId: id, verdict: 'waiting', own, waitsIn: 'socket.recv'}) as RequestVerdict;

/** For each rule figures that show it, and some that are close but do not. */
const CASES: Record<string, {so: Partial<InstanceState>; not: Partial<InstanceState>}> = {
  'gil-wedged': {
    so: {agents: [{...CALM.agents[0]!, state: 'wedged', detail: 'held at pay.py:7'}]},
    not: {agents: [{...CALM.agents[0]!, state: 'silent'}]},
  },
  'same-line': {
    so: {requests: [request(9), request(8)], verdicts: [waiting('r9'), waiting('r8')]},
    not: {requests: [request(9), request(8)], verdicts: [waiting('r9')]},
  },
  'stream-silent': {
    so: {requests: [request(70)], verdicts: [{...waiting('r70'), at: NOW, pieces: 5, silentSince: NOW - 61_000}]},
    not: {
      requests: [request(70), request(9)],
      verdicts: [{...waiting('r70'), verdict: 'slow', at: NOW, pieces: 5, silentSince: NOW - 9000}, waiting('r9')],
    },
  },
  'all-threads-busy': {
    so: {agents: [{...CALM.agents[0]!, busy: 5}], busyHistory: [1, 1, 5, 5, 5, 5, 5, 5]},
    not: {agents: [{...CALM.agents[0]!, busy: 5}], busyHistory: [1, 1, 5, 5]},
  },
  'queue-growing': {so: {agents: [{...CALM.agents[0]!, queueMs: 1400}]}, not: {agents: [{...CALM.agents[0]!, queueMs: 300}]}},
  'thread-on-cpu': {so: {...daemon({cpu: 99}), requests: [request(8)]}, not: {...daemon({cpu: 99}), requests: [request(1)]}},
  'memory-low': {so: {host: {...CALM.host!, memAvailable: 200 * MIB}}, not: {host: {...CALM.host!, memAvailable: 800 * MIB}}},
  'server-errors': {
    so: {traffic: [{...CALM.traffic[0]!, requests: 20, errors5xx: 8}]},
    not: {traffic: [{...CALM.traffic[0]!, requests: 2000, errors5xx: 8}]},
  },
  'daemon-loop': {
    so: {restarts: [end(30, 'crash'), end(20, 'crash'), end(5, 'crash')]},
    not: {restarts: [end(30, 'crash'), end(20, 'reload'), end(5, 'reload'), end(4, 'maximum-requests')]},
  },
  'timeout-near': {so: {requests: [request(155)]}, not: {requests: [request(40)]}},
  'not-answering': {so: {lifecycle: {...CALM.lifecycle, phase: 'degraded', detail: 'no answer for 5 s'}}, not: {}},
  'disk-wait': {so: daemon({state: 'D'}), not: daemon({state: 'R'})},
  'stopped-process': {so: daemon({state: 'T', stopped: {by: 'SIGSTOP'}}), not: daemon({state: 'S'})},
};

describe('figures of the moment', () => {
  it('a server that is well says nothing', () => {
    expect(diagnoseState(CALM)).toEqual([]);
    expect(diagnoseState(initialState('new'))).toEqual([]);
  });

  it('all rules are tried here', () => {
    expect(Object.keys(CASES).toSorted()).toEqual(stateRules.map((one) => one.rule).toSorted());
  });

  it.each(Object.entries(CASES))('%s', (rule, {so, not}) => {
    const found = diagnoseState({...CALM, ...so}).find((one) => one.rule === rule);
    expect(found).toMatchObject({rule, evidence: expect.arrayContaining([expect.stringMatching(/\S/)])});
    expect(diagnoseState({...CALM, ...not}).map((one) => one.rule)).not.toContain(rule);
  });

  it('errors come first', () => {
    const found = diagnoseState({...CALM, ...CASES['disk-wait']!.so, ...CASES['gil-wedged']!.so});
    expect(found.map((one) => one.severity)).toEqual(['error', 'warn']);
  });
});

describe('ends of daemon processes', () => {
  it.each(Object.keys(restartRules) as RestartCause[])('%s', (cause) => {
    const [found] = diagnoseRestart({...end(1, cause), inFlight: [request(30, {at: 'pay.py:7 in charge'}), request(3)]}, CALM);
    expect(found).toMatchObject({rule: restartRules[cause].rule, place: own});
    expect(found!.evidence).toEqual([`process 89: ${cause}`, 'oldest of 2 in flight: GET /pay for 29.0 s', 'at pay.py:7 in charge']);
  });

  it('a crash names the line of its last words', () => {
    const text = 'crashed: Segmentation fault in GET /x at images.py:12 in resize';
    expect(diagnoseRestart({...end(1, 'crash'), text}, CALM)[0]!.place).toEqual({file: '/srv/app/images.py', line: 12, func: 'resize'});
  });
});

import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {apply, initialState} from '../../src/model/reduce.ts';
import {KEEP} from '../../src/model/state.ts';
import {LogStore} from '../../src/sources/logs/log-store.ts';

const request = (id: string, pid: number, startedAt: number) => ({id, pid, ident: '1', method: 'GET', url: '/', startedAt});

test('a sample replaces what was known of its process only, oldest first', () => {
  const bus = new Bus('shop');
  bus.put({type: 'requests', pid: 1, requests: [request('a', 1, 50)], busy: 1, total: 5, dropped: 0});
  bus.put({type: 'requests', pid: 2, requests: [request('b', 2, 10)], busy: 1, total: 5, dropped: 0});
  expect(bus.state().requests.map((one) => one.id)).toEqual(['b', 'a']);
  bus.put({type: 'requests', pid: 1, requests: [], busy: 0, total: 5, dropped: 0});
  expect(bus.state().requests.map((one) => one.id)).toEqual(['b']);
  bus.put({type: 'agent', pid: 2, state: 'gone'});
  expect(bus.state().requests).toEqual([]);
  expect(bus.state().agents.map((one) => one.pid)).toEqual([1]);
});

test('the best-known cause of a restart stays, in whatever order the sources speak', () => {
  const facts = [
    {type: 'restart', pid: 7, cause: 'unknown', text: 'ended', processGroup: 'g', source: 'exit'},
    {type: 'restart', pid: 7, cause: 'request-timeout', text: 'request timeout', processGroup: 'g', source: 'log'},
    {type: 'restart', pid: 7, cause: 'shutdown', text: 'stopped', processGroup: 'g', source: 'agent'},
  ] as const;
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [1, 0, 2],
  ]) {
    const bus = new Bus('shop');
    for (const index of order) bus.put(facts[index]!);
    expect(bus.state().restarts).toMatchObject([{pid: 7, cause: 'request-timeout', text: 'request timeout'}]);
  }
});

test('of a crash the log knows a number and the agent the place, which counts for more, whoever speaks first', () => {
  const facts = [
    {type: 'restart', pid: 7, cause: 'crash', text: 'crashed with SIGSEGV', processGroup: 'g', source: 'log'},
    {type: 'restart', pid: 7, cause: 'crash', text: 'crashed in GET /fault', processGroup: 'g', source: 'agent'},
  ] as const;
  for (const order of [facts, facts.toReversed()]) {
    const bus = new Bus('shop');
    for (const fact of order) bus.put(fact);
    expect(bus.state().restarts).toMatchObject([{cause: 'crash', text: 'crashed in GET /fault', source: 'agent'}]);
  }
});

test('equal exceptions are one record with a count', () => {
  const bus = new Bus('shop');
  for (let n = 0; n < 3; n++) bus.put({type: 'exception', pid: 1, title: 'ValueError: bad', traceback: [], file: 'a.py', line: 3});
  bus.put({type: 'exception', pid: 1, title: 'KeyError', traceback: [], file: 'a.py', line: 9});
  expect(bus.state().exceptions.map((one) => [one.title, one.count])).toEqual([
    ['ValueError: bad', 3],
    ['KeyError', 1],
  ]);
});

test('a notice is replaced by its key and cleared by it', () => {
  const bus = new Bus('shop');
  bus.put({type: 'notice', key: 'k', severity: 'warn', text: 'one', at: 5});
  bus.put({type: 'notice', key: 'k', severity: 'error', text: 'two', at: 9});
  expect(bus.state().notices).toEqual([{key: 'k', at: 5, severity: 'error', text: 'two', remedy: null}]);
  bus.put({type: 'notice', key: 'k', severity: 'error', text: '', cleared: true});
  expect(bus.state().notices).toEqual([]);
});

test('a new launch forgets the old processes, the same launch told again does not', () => {
  const bus = new Bus('shop');
  bus.put({type: 'launched', guardPid: 5, apachePid: null, at: 100});
  bus.put({type: 'answered', ms: 80, status: 200});
  bus.put({type: 'requests', pid: 9, requests: [request('a', 9, 1)], busy: 1, total: 1, dropped: 0});
  bus.put({type: 'launched', guardPid: 5, apachePid: 6, at: 100});
  expect(bus.state().lifecycle).toMatchObject({apachePid: 6, launchedAt: 100, answeredMs: 80});
  expect(bus.state().requests).toHaveLength(1);
  bus.put({type: 'launched', guardPid: 8, apachePid: null, at: 200});
  expect(bus.state().lifecycle).toMatchObject({launchedAt: 200, answeredMs: null});
  expect(bus.state().requests).toEqual([]);
});

test('everything kept is bounded', () => {
  const bus = new Bus('shop');
  for (let n = 1; n <= 1000; n++) {
    bus.put({type: 'restart', pid: n, cause: 'crash', text: '', processGroup: '', source: 'exit', at: n});
    bus.put({type: 'log', entry: {seq: n, at: n, source: 'app', level: 'error', text: `${n}`}});
    bus.put({type: 'notice', key: `${n}`, severity: 'info', text: ''});
    bus.put({type: 'exception', pid: 1, title: `${n}`, traceback: []});
  }
  const state = bus.state();
  expect(state.restarts).toHaveLength(KEEP.restarts);
  expect(state.log.problems).toHaveLength(KEEP.problems);
  expect(state.notices).toHaveLength(KEEP.notices);
  expect(state.exceptions).toHaveLength(KEEP.exceptions);
  expect(state.log.counts.error).toBe(1000);
});

test('an event of a newer version changes nothing', () => {
  const state = initialState('x');
  expect(apply(state, {type: 'from-the-future', at: 1, instance: 'x'} as never)).toBe(state);
});

test('a listener that throws is dropped and harms nobody', () => {
  const bus = new Bus('shop');
  let heard = 0;
  bus.listen(() => {
    throw new Error('broken screen');
  });
  bus.listen(() => heard++);
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  bus.put({type: 'phase', phase: 'ready', detail: 'again'});
  expect(heard).toBe(2);
});

test('the head of a kept log is taken when the state is asked for, not for each entry, and says the same', () => {
  const kept = new Bus('shop');
  const added = new Bus('shop');
  const store = new LogStore();
  let taken = 0;
  kept.keepLogIn({
    head: () => {
      taken++;
      return store.head();
    },
  });
  const heard: number[] = [];
  kept.listen((event) => event.type === 'log' && heard.push(event.entry.seq));
  for (let n = 1; n <= 1000; n++) {
    const level = n % 100 === 0 ? 'error' : 'info';
    const entry = store.add({seq: 0, at: n, source: 'error', level, text: n % 7 === 0 ? 'the same' : `line ${n >> 1}`});
    for (const bus of [kept, added]) bus.put({type: 'log', at: n, entry});
  }
  expect(taken).toBe(0);
  expect(kept.state()).toEqual(added.state());
  expect(kept.state()).toBe(kept.state());
  expect(taken).toBe(1);
  expect(heard).toHaveLength(1000);
});

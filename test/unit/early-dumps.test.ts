import {afterEach, expect, test, vi} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {EarlyDumps} from '../../src/instance/early/early-dumps.ts';
import type {ActiveRequest, DeckEvent, InstanceInfo} from '../../src/model/events.ts';
import type {StackCapture} from '../../src/model/stacks.ts';

const INFO = {
  name: 'shop',
  projectRoot: '/app',
  modWsgi: '6.1.1',
  processes: 1,
  threads: 3,
  requestTimeout: 0,
} as InstanceInfo;
const START = Date.now();
const request = (id: string, age: number): ActiveRequest => ({
  id,
  pid: 10,
  ident: id,
  method: 'GET',
  url: `/${id}`,
  startedAt: START - age * 1000,
});

let early: EarlyDumps | null = null;
afterEach(() => {
  early?.stop();
  vi.useRealTimers();
});

/** A bus, and a process whose stacks are what `lines` says of each request: the n-th sample shows the n-th line. */
function watch(lines: Record<string, number[]>, more: {sampled?: (count: number) => void; answer?: boolean} = {}) {
  vi.useFakeTimers({now: START});
  const bus = new Bus('shop');
  const events: DeckEvent[] = [];
  bus.listen((event) => events.push(event));
  let count = 0;
  const sample = (pid: number): Promise<StackCapture | null> => {
    more.sampled?.(count);
    if (more.answer === false) return Promise.resolve(null);
    const index = count++ % 3;
    const threads = bus.state().requests.map((one) => ({
      ident: one.ident,
      frames: [{file: '/app/a.py', line: lines[one.id]![index]!, func: 'f', source: 'sock.recv(1)'}],
      request: {id: one.id, method: one.method, url: one.url, startedAt: one.startedAt},
    }));
    return Promise.resolve({id: count, at: Date.now(), pid, method: 'agent', cause: 'asked', title: '', threads});
  };
  bus.put({type: 'instance', info: INFO});
  early = new EarlyDumps({bus, sample});
  const tell = (requests: ActiveRequest[], total = 5) => {
    bus.put({type: 'agent', pid: 10, state: 'connected'});
    bus.put({type: 'requests', pid: 10, requests, busy: requests.length, total, dropped: 0});
  };
  const verdicts = () => events.flatMap((event) => (event.type === 'verdict' ? event.verdict : []));
  const captures = () => events.flatMap((event) => (event.type === 'stacks' ? event.capture : []));
  return {bus, tell, verdicts, captures, samples: () => count};
}

test('nothing is sampled while nothing is long', async () => {
  const {tell, samples} = watch({});
  for (let times = 0; times < 100; times++) tell([request('a', 1.5), request('b', 0.1)]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(samples()).toBe(0);
});

test('three samples, one verdict for each long request, one capture for those that do not move', async () => {
  const {tell, verdicts, captures, samples} = watch({a: [7, 7, 7], b: [7, 8, 9], young: [7, 7, 7]});
  tell([request('a', 6), request('b', 4), request('young', 0.2)]);
  tell([request('a', 6), request('b', 4), request('young', 0.2)]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(samples()).toBe(3);
  expect(verdicts().map((one) => [one.requestId, one.verdict, one.captures])).toEqual([
    ['a', 'waiting', [3]],
    ['b', 'slow', []],
  ]);
  expect(captures()).toMatchObject([{id: 3, cause: 'early', title: 'waiting (socket.recv): GET /a after 7.5 s'}]);
});

test('the next look is at thirty seconds; the same again is told, but not kept again', async () => {
  const {tell, verdicts, captures, samples} = watch({a: [7, 7, 7]});
  for (let second = 0; second < 60; second++) {
    tell([request('a', 5)]);
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(samples()).toBe(6);
  expect(verdicts().map((one) => Math.round((one.at - one.startedAt) / 1000))).toEqual([6, 31]);
  expect(captures()).toHaveLength(1);
});

test('an event stream that pauses is told of as a stream, and only after a whole time limit as one that stands still, until it goes on', async () => {
  const {tell, bus, verdicts, captures} = watch({a: [7, 7, 7]});
  bus.put({type: 'instance', info: {...INFO, requestTimeout: 60}});
  const of = request('a', 4);
  for (let second = 0; second < 70; second++) {
    tell([{...of, pieces: 2, silentSince: START}]);
    await vi.advanceTimersByTimeAsync(1000);
  }
  const told = () => verdicts().map((one) => [Math.round((one.at - START) / 1000), one.verdict, one.pieces]);
  expect(told()).toEqual([
    [2, 'slow', 2],
    [27, 'slow', 2],
    [61, 'waiting', 2],
  ]);
  expect(captures()).toHaveLength(1);
  tell([{...of, pieces: 3, silentSince: Date.now()}]);
  tell([{...of, pieces: 3, silentSince: Date.now()}]);
  expect(told()).toHaveLength(4);
  expect(verdicts().at(-1)).toMatchObject({verdict: 'slow', pieces: 3, captures: []});
  expect(verdicts().at(-1)).not.toHaveProperty('waitsIn');
});

test('a request that ends meanwhile has no verdict, and a silent agent is left alone', async () => {
  const {tell, verdicts, samples} = watch({a: [7, 7, 7]});
  tell([request('a', 6)]);
  await vi.advanceTimersByTimeAsync(800);
  tell([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(samples()).toBe(3);
  expect(verdicts()).toEqual([]);
  const asked = vi.fn<(count: number) => void>();
  const silent = watch({a: [7, 7, 7]}, {answer: false, sampled: asked});
  silent.tell([request('a', 6)]);
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toHaveBeenCalledTimes(1);
  silent.bus.put({type: 'agent', pid: 10, state: 'silent'});
  await vi.advanceTimersByTimeAsync(10_000);
  silent.bus.put({type: 'requests', pid: 10, requests: [request('a', 60)], busy: 1, total: 5, dropped: 0});
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toHaveBeenCalledTimes(1);
});

test('with no thread free two seconds are enough', async () => {
  const {tell, verdicts} = watch({a: [7, 7, 7], b: [7, 7, 7]});
  tell([request('a', 2.5), request('b', 1)], 2);
  await vi.advanceTimersByTimeAsync(2000);
  expect(verdicts().map((one) => one.requestId)).toEqual(['a']);
});

test('with more long requests than one round takes each has its turn, and then there is peace', async () => {
  const ids = Array.from({length: 120}, (_, index) => `r${index}`);
  const {tell, verdicts, samples} = watch(Object.fromEntries(ids.map((id) => [id, [7, 7, 7]])));
  for (let second = 0; second < 20; second++) {
    tell(
      ids.map((id) => request(id, 6)),
      200,
    );
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(new Set(verdicts().map((one) => one.requestId)).size).toBe(120);
  expect(samples()).toBe(9);
});

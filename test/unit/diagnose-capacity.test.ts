import {afterEach, describe, expect, it, vi} from 'vitest';
import {CapacityMeter} from '../../src/diagnose/index.ts';
import {watchCapacity} from '../../src/instance/advice.ts';
import {Bus} from '../../src/instance/bus.ts';
import type {DeckEvent, InstanceInfo, ProcessRow} from '../../src/model/events.ts';
import {initialState} from '../../src/model/reduce.ts';
import type {AgentState, InstanceState} from '../../src/model/state.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';

const MIB = 2 ** 20;
const START = 1_700_000_000_000;

/** The figures of one second. */
interface Second {
  processes?: number;
  threads?: number;
  busy?: number;
  rate?: number;
  queueMs?: number;
  cpu?: number;
  rss?: number;
  available?: number;
  sameLine?: number;
}

function stateOf(at: number, second: Second): InstanceState {
  const {
    processes = 1,
    threads = 5,
    busy = 0,
    rate = 0,
    queueMs = 0,
    cpu = 1,
    rss = 40 * MIB,
    available = 4000 * MIB,
    sameLine = 0,
  } = second;
  const state = initialState('shop');
  const pids = Array.from({length: processes}, (_, index) => 100 + index);
  const row = {ppid: 1, role: 'daemon', label: 'shop', state: 'S', threads, startedAt: START} as const;
  const own = {file: '/srv/app/pay.py', line: 7, func: 'charge'};
  return {
    ...state,
    at,
    info: {processes, threads, projectRoot: '/srv/app', serverRoot: '/srv/deck'} as InstanceInfo,
    lifecycle: {...state.lifecycle, phase: 'ready', guardPid: 9},
    host: {cpuCount: 4, memTotal: 8000 * MIB, memAvailable: available, load1: 1},
    agents: pids.map((pid) => ({pid, state: 'connected', busy: busy / processes, total: threads, queueMs}) as AgentState),
    processes: pids.map((pid): ProcessRow => ({...row, pid, cpu, rss: pid === 100 ? rss : 40 * MIB})),
    traffic: [{at, seconds: 1, requests: rate, errors5xx: 0, errors4xx: 0, p50: null, p95: null, p99: null}],
    verdicts: Array.from(
      {length: sameLine},
      (_, index) => ({requestId: `${index}`, verdict: 'waiting', own, waitsIn: 'socket.recv'}) as RequestVerdict,
    ),
  };
}

/** Advice after so many seconds, one reading each. */
function after(seconds: number, at: (second: number) => Second, meter = new CapacityMeter()) {
  for (let second = 0; second <= seconds; second++) {
    const now = START + second * 1000;
    meter.see(stateOf(now, at(second)), now);
  }
  return meter.advice();
}

const rules = (seconds: number, at: (second: number) => Second) => after(seconds, at).map((one) => one.rule);

describe('too few threads', () => {
  const crowded = () => ({threads: 2, busy: 2, rate: 4, queueMs: 1500, cpu: 3});

  it("names the number that would have held the load, by Little's law", () => {
    const [advice] = after(30, crowded);
    // 2 at work and 4/s × 1.5 s = 6 waiting are 8 at once; at 75 % busy that takes 11.
    expect(advice).toMatchObject({rule: 'too-few-threads', severity: 'warn', remedy: expect.stringContaining('--threads 11,')});
    expect(advice!.evidence).toEqual([
      '100 % of 2 threads busy over 30 s',
      '4.0 requests/s of 500 ms each, waiting 1500 ms before',
      'CPU 3 % of one core for each of 1 process',
      '8.0 requests at once, those that wait included',
    ]);
  });

  it('shares them among the processes', () => {
    const [advice] = after(30, () => ({processes: 2, threads: 2, busy: 4, rate: 8, queueMs: 500, cpu: 5}));
    expect(advice!.remedy).toContain('--threads 6 with 2 processes: 11 in all');
  });

  it('wants half a minute of it, by default', () => {
    expect(rules(29, crowded)).toEqual([]);
    expect(after(5, crowded, new CapacityMeter({fewSeconds: 5})).map((one) => one.rule)).toEqual(['too-few-threads']);
  });

  it.each([
    ['threads are free now and then', () => ({...crowded(), busy: 1.5})],
    ['nobody waits', () => ({...crowded(), queueMs: 5})],
    ['nothing is finished: those are stuck, not many', () => ({...crowded(), rate: 0})],
  ])('says nothing when %s', (_, at) => {
    expect(rules(30, at)).toEqual([]);
  });

  it('one burst in a calm minute is none', () => {
    expect(rules(60, (second) => (second > 40 && second < 50 ? crowded() : {threads: 2, rate: 4}))).toEqual([]);
  });

  it('is something else when all wait at one line', () => {
    const [advice, ...others] = after(30, () => ({...crowded(), sameLine: 2}));
    expect(others).toEqual([]);
    expect(advice).toMatchObject({
      rule: 'one-slow-neighbour',
      severity: 'error',
      place: {file: '/srv/app/pay.py', line: 7, func: 'charge'},
      evidence: [expect.stringContaining('pay.py:7 in charge'), 'all in socket.recv'],
    });
  });
});

describe('held back by the processor', () => {
  it('more processes, not threads', () => {
    const [advice] = after(30, () => ({busy: 5, rate: 20, queueMs: 400, cpu: 99}));
    expect(advice).toMatchObject({rule: 'cpu-bound', remedy: 'Use more processes, not more threads: --processes 2.'});
  });

  it('says so when there are no more cores to give', () => {
    const [advice] = after(30, () => ({processes: 4, busy: 8, rate: 20, queueMs: 400, cpu: 97}));
    expect(advice!.cause).toContain('all the processors');
    expect(advice!.evidence).toContainEqual('4 processor cores, load 1.0');
  });
});

describe('memory', () => {
  it('a process that grows steadily', () => {
    const [advice] = after(300, (second) => ({rate: 10, busy: 1, processes: 2, rss: (40 + second / 5) * MIB}));
    expect(advice).toMatchObject({
      rule: 'memory-climbs',
      cause: expect.stringContaining('Process 100'),
      remedy: expect.stringContaining('--maximum-requests'),
    });
    expect(advice!.evidence).toEqual([
      'process 100: 40 MiB to 100 MiB in 5 min, 12.0 MiB a minute',
      expect.stringMatching(/^3\d{3} requests/),
      'at that pace the machine is full in 333 min',
    ]);
  });

  it.each([
    ['one that grows while it warms up', (second: number) => Math.min(40 + second, 120)],
    ['one that goes up and down', (second: number) => 60 + 40 * Math.sin(second / 20)],
    ['one that grows a little', (second: number) => 40 + second / 30],
  ])('not %s', (_, size) => {
    expect(rules(300, (second) => ({rate: 10, busy: 1, rss: size(second) * MIB}))).toEqual([]);
  });

  it('no room for another process', () => {
    const [advice] = after(30, () => ({processes: 4, rate: 10, busy: 2, rss: 40 * MIB, available: 100 * MIB}));
    expect(advice).toMatchObject({rule: 'memory-bound', evidence: ['4 processes of 40 MiB', '100 MiB of 8000 MiB available']});
  });
});

describe('too many', () => {
  it('processes: says what fewer would give back', () => {
    const [advice] = after(600, (second) => ({processes: 4, threads: 5, rate: 2, busy: second % 60 === 0 ? 2 : 0}));
    expect(advice).toMatchObject({
      rule: 'too-many-threads',
      severity: 'info',
      remedy: '--processes 1 would do, and give back about 120 MiB.',
    });
    expect(advice!.evidence![0]).toBe('never more than 2 of 20 threads busy in 10 min, 0 % on average');
  });

  it('threads', () => {
    expect(after(600, () => ({threads: 20, rate: 2, busy: 1}))[0]).toMatchObject({remedy: '--threads 2 would do.'});
  });

  it('only after ten quiet minutes with some requests', () => {
    expect(rules(599, () => ({threads: 20, rate: 2, busy: 1}))).toEqual([]);
    expect(rules(600, () => ({threads: 20, rate: 0, busy: 0}))).toEqual([]);
    expect(rules(600, (second) => ({threads: 20, rate: 2, busy: second === 300 ? 9 : 1}))).toEqual([]);
  });
});

it('begins anew when Apache, or the number of threads, is another', () => {
  const meter = new CapacityMeter();
  expect(after(30, () => ({threads: 2, busy: 2, rate: 4, queueMs: 1500}), meter)).toHaveLength(1);
  const now = START + 31_000;
  meter.see(stateOf(now, {threads: 12, busy: 3, rate: 4}), now);
  expect(meter.advice()).toEqual([]);
});

describe('on the bus', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('an event when the advice changes, and then only now and then for its figures', () => {
    vi.useFakeTimers({now: START});
    const bus = new Bus('shop');
    const seen: DeckEvent[] = [];
    bus.listen((event) => void (event.type === 'advice' && seen.push(event)));
    const stop = watchCapacity(bus, {fewSeconds: 5});
    bus.put({type: 'instance', info: {...stateOf(START, {threads: 2}).info!, name: 'shop'}});
    bus.put({type: 'phase', phase: 'ready', detail: ''});
    /** So many seconds of these figures. */
    const pass = (seconds: number, second: Second) => {
      for (let passed = 0; passed < seconds; passed++) {
        const {processes, traffic} = stateOf(Date.now(), second);
        bus.put({type: 'processes', rows: processes});
        bus.put({type: 'traffic', window: traffic[0]!});
        bus.put({type: 'requests', pid: 100, requests: [], busy: second.busy!, total: 2, dropped: 0, queueMs: second.queueMs ?? 0});
        vi.advanceTimersByTime(1000);
      }
    };
    const crowded = {threads: 2, busy: 2, rate: 4, queueMs: 1500};
    pass(5, crowded);
    expect(seen).toEqual([]);
    pass(2, crowded);
    expect(seen).toMatchObject([{type: 'advice', advice: [{rule: 'too-few-threads'}]}]);
    expect(bus.state().advice).toHaveLength(1);
    pass(10, {...crowded, queueMs: 1700});
    expect(seen).toHaveLength(1);
    pass(5, {...crowded, queueMs: 1700});
    expect(seen).toHaveLength(2);
    const calm = {threads: 2, busy: 0, rate: 4};
    pass(6, calm);
    expect(seen.at(-1)).toMatchObject({advice: []});
    const count = seen.length;
    pass(60, calm);
    expect(seen).toHaveLength(count);
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {datagramFrames, KIND, readDatagram, type Datagram} from '../../src/sources/telemetry/datagram.ts';
import {EDGES_4, EDGES_6, Histogram} from '../../src/sources/telemetry/histogram.ts';
import {PhaseMeter} from '../../src/sources/telemetry/phase-meter.ts';
import {gcOf, readingFromMetrics, readingOf} from '../../src/sources/telemetry/readings.ts';

/** One of each kind, as mod_wsgi 6.1.1 sent them while the demo's slow page was asked for (`--telemetry-service`, `--slow-requests 0.1`). */
const SENT = (JSON.parse(readFileSync(new URL('../fixtures/telemetry/datagrams-6.1.1.json', import.meta.url), 'utf8')) as string[]).map(
  (hex) => Buffer.from(hex, 'hex'),
);
const read = (data: Buffer): Datagram => {
  const found = readDatagram(data);
  if (found === null) throw new Error('no datagram');
  return found;
};
const metrics = read(SENT[0]!);

describe('datagrams', () => {
  it('of each kind that was sent are read to their end', () => {
    expect(SENT.map((one) => read(one).kind).toSorted((a, b) => a - b)).toEqual([2, 4, 5, 6, 8, 9]);
    for (const data of SENT) {
      const whole = read(data).fields.size;
      expect(whole).toBeGreaterThan(3);
      // The last field is lost with the last byte: so nothing is left over after it.
      expect(read(data.subarray(0, -1)).fields.size).toBe(whole - 1);
    }
  });

  it('say which mod_wsgi, and when', () => {
    const started = SENT.map(read).find((one) => one.kind === KIND.processStarted)!;
    expect(started.fields.get(1)).toBe('6.1.1');
    expect(started.sequence).toBe(1);
    expect(new Date(started.at).getUTCFullYear()).toBe(2026);
  });

  it('that are none are left out', () => {
    expect(readDatagram(Buffer.from('GET / HTTP/1.0\r\n\r\n    more'))).toBeNull();
    expect(readDatagram(SENT[0]!.subarray(0, 23))).toBeNull();
    const next = Buffer.from(SENT[0]!);
    next[4] = 2;
    expect(readDatagram(next)).toBeNull();
  });

  it('with a type nobody knows keep the fields before it', () => {
    const odd = Buffer.concat([SENT[0]!, Buffer.from([1, 2, 99, 1, 1, 1])]);
    expect(read(odd).fields.size).toBe(metrics.fields.size);
  });

  it('come out of the stream as they went in, however it is cut', () => {
    const stream = Buffer.concat(
      SENT.flatMap((one) => {
        const size = Buffer.alloc(4);
        size.writeUInt32LE(one.length);
        return [size, one];
      }),
    );
    for (const step of [1, 7, 1000, stream.length]) {
      const out: string[] = [];
      const feed = datagramFrames((data) => out.push(data.toString('hex')));
      for (let from = 0; from < stream.length; from += step) feed(stream.subarray(from, from + step));
      expect(out).toEqual(SENT.map((one) => one.toString('hex')));
    }
  });
});

describe('the window', () => {
  it('has the phases of 6.x with their percentiles', () => {
    const reading = readingOf(metrics);
    expect(reading.requests).toBeGreaterThan(0);
    const meter = new PhaseMeter('telemetry', EDGES_6);
    meter.add(reading);
    const window = meter.window(reading.at + 10)!;
    const application = window.figures.find((one) => one.phase === 'application')!;
    // The page takes 200 ms.
    for (const value of [application.p50, application.p95, application.p99, application.mean]) expect(value).toBeCloseTo(205, -1.3);
    expect(window.figures.map((one) => one.phase)).toContain('gil-wait');
    // Far below the first bucket's edge, the mean tells more than the bucket does.
    const queue = window.figures.find((one) => one.phase === 'queue')!;
    expect(queue.p50).toBeLessThanOrEqual(queue.max!);
    expect(queue.p50).toBeLessThan(0.7);
  });

  it('forgets after a minute, and says nothing when nothing was told', () => {
    const meter = new PhaseMeter('telemetry', EDGES_6);
    expect(meter.window(1)).toBeNull();
    meter.add(readingOf(metrics));
    expect(meter.window(metrics.at + 59_000)).not.toBeNull();
    expect(meter.window(metrics.at + 61_000)).toBeNull();
  });

  it('adds processes up', () => {
    const meter = new PhaseMeter('request_metrics', EDGES_4);
    const counts = (index: number) => Array.from({length: 16}, (_, at) => (at === index ? 10 : 0));
    const told = (pid: number, index: number, mean: number) =>
      readingFromMetrics(
        pid,
        {
          request_count: 10,
          application_time: mean,
          application_time_buckets: counts(index),
          request_threads_active: 1,
          request_threads_maximum: 5,
        },
        1000,
      )!;
    meter.add(told(1, 0, 0.004));
    meter.add(told(2, 5, 0.12));
    const window = meter.window(2000)!;
    expect(window.requests).toBe(20);
    expect(window.slots).toHaveLength(2);
    const [application] = window.figures;
    expect(application!.mean).toBeCloseTo(62);
    expect(application!.p50).toBeLessThanOrEqual(5);
    expect(application!.p95).toBeGreaterThan(80);
    expect(application!.p95).toBeLessThanOrEqual(160);
  });

  it('takes no nonsense from inside the application', () => {
    expect(readingFromMetrics(1, {}, 0)).toBeNull();
    expect(readingFromMetrics(1, {request_count: 'many'}, 0)).toBeNull();
    const reading = readingFromMetrics(1, {request_count: 3, application_time_buckets: ['x', null], queue_time_buckets: 7}, 0)!;
    expect(reading.phases).toEqual({});
    const histogram = new Histogram(EDGES_4);
    histogram.add([Number.NaN, -5, Number.POSITIVE_INFINITY]);
    expect(histogram.total).toBe(0);
  });

  it('tells of garbage collection', () => {
    const pass = SENT.map(read).find((one) => one.kind === KIND.gcEvent)!;
    const ms = gcOf(pass)!;
    expect(ms).toBeGreaterThan(0);
    const meter = new PhaseMeter('telemetry', EDGES_6);
    meter.add(readingOf(metrics));
    meter.collected({at: metrics.at, ms});
    expect(meter.window(metrics.at + 1)!.gc).toEqual({passes: 1, ms, maxMs: ms});
  });
});

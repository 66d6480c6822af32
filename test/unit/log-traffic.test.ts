import {describe, expect, test} from 'vitest';
import type {LogEntry} from '../../src/model/log.ts';
import {Histogram} from '../../src/sources/logs/histogram.ts';
import {TrafficMeter} from '../../src/sources/logs/traffic.ts';

function request(status: number, ms: number): LogEntry {
  return {seq: 0, at: 0, source: 'access', level: 'info', text: '', access: {method: 'GET', url: '/', status, micros: ms * 1000, bytes: 1}};
}

test('quantiles are within 2 %, from microseconds to an hour', () => {
  const histogram = new Histogram();
  for (const scale of [1, 40, 1e3, 1e6, 4e6]) {
    histogram.clear();
    for (let i = 1; i <= 1000; i++) histogram.add(i * scale);
    const [p50, p95, p99] = histogram.quantiles([0.5, 0.95, 0.99]) as [number, number, number];
    for (const [got, exact] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const) {
      expect(Math.abs(got / (exact * scale) - 1), `${exact} x ${scale}`).toBeLessThan(0.02);
    }
  }
  histogram.clear();
  expect(histogram.quantiles([0.5])).toEqual([null]);
});

describe('traffic', () => {
  test('counts since the last window, latency over the last minute', () => {
    let now = 1_000_000;
    const meter = new TrafficMeter(() => now);
    for (let i = 0; i < 90; i++) meter.add(request(200, 10));
    for (let i = 0; i < 6; i++) meter.add(request(404, 10));
    for (let i = 0; i < 4; i++) meter.add(request(503, 1000));
    meter.add({...request(200, 1), source: 'error', access: undefined});
    now += 1000;
    const window = meter.take();
    expect(window).toMatchObject({at: now, seconds: 1, requests: 100, errors5xx: 4, errors4xx: 6});
    expect(window.p50! / 10).toBeCloseTo(1, 1);
    expect(window.p95! / 10).toBeCloseTo(1, 1);
    expect(window.p99! / 1000).toBeCloseTo(1, 1);
    now += 1000;
    expect(meter.take()).toMatchObject({requests: 0, errors5xx: 0, p50: window.p50, p99: window.p99});
    now += 59_000;
    expect(meter.take()).toMatchObject({seconds: 59, requests: 0, p50: null, p95: null, p99: null});
  });

  test('what is older than a minute falls out second by second', () => {
    let now = 0;
    const meter = new TrafficMeter(() => now);
    for (let second = 0; second < 100; second++) {
      meter.add(request(200, second < 50 ? 1 : 100));
      now += 1000;
      meter.take();
    }
    // The last 60 s hold seconds 40 to 99, ten of them fast.
    for (let i = 0; i < 9; i++) {
      now += 1000;
      expect(meter.take().p50! / 100).toBeCloseTo(1, 1);
    }
    now += 45_000;
    const late = meter.take();
    expect(late.p50! / 100).toBeCloseTo(1, 1);
  });

  test('a clock set back does not stop it', () => {
    let now = 10_000_000;
    const meter = new TrafficMeter(() => now);
    meter.add(request(200, 5));
    now = 5_000_000;
    expect(meter.take()).toMatchObject({requests: 1, seconds: 0.001});
    now += 61_000;
    expect(meter.take().p50).toBeNull();
  });
});

import {expect, test} from 'vitest';
import {age, bytes, count, countdown, duration, percent, plural, rate} from '../../src/terminal/format.ts';

test.each([
  [null, '–'],
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [41_200, '41.2 s'],
  [99_949, '99.9 s'],
  [99_950, '100 s'],
  [599_000, '599 s'],
  [600_000, '10 min'],
  [8_040_000, '2 h 14 m'],
  [49 * 3_600_000, '2 d 1 h'],
  [-5, '0 ms'],
])('duration %s', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [0, '0 B'],
  [1000, '0.98 KiB'],
  [1024, '1.0 KiB'],
  [7_900_000, '7.53 MiB'],
  [432_013_312, '412 MiB'],
  [1024 ** 3 * 1.95, '1.95 GiB'],
  [1023.9 * 1024 * 1024, '1.0 GiB'],
])('bytes %s', (size, text) => expect(bytes(size)).toBe(text));

test('figures never take more cells than their columns have', () => {
  for (let power = 0; power < 13; power += 0.01) {
    const value = 10 ** power;
    expect(duration(value).length).toBeLessThanOrEqual(8);
    expect(bytes(value).length).toBeLessThanOrEqual(8);
    expect(count(Math.min(value, 9e8)).length).toBeLessThanOrEqual(5);
  }
});

test('countdown rounds up, so that it reaches zero with the limit and not before', () => {
  expect(countdown(156.2)).toBe('157 s');
  expect(countdown(0.1)).toBe('1 s');
  expect(countdown(0)).toBe('now');
  expect(countdown(3600)).toBe('60 min');
  expect(countdown(null)).toBe('–');
});

test('age, rate, percent and counts', () => {
  expect(age(240)).toBe('0.2 s');
  expect(age(120_000)).toBe('120 s');
  expect([0, 0.4, 9.94, 182.4].map(rate)).toEqual(['0', '0.4', '9.9', '182']);
  expect([0, 0.34, 71.4].map(percent)).toEqual(['0 %', '0.3 %', '71 %']);
  expect([7, 9999, 12_345, 4_560_000].map(count)).toEqual(['7', '9,999', '12.3k', '4.56M']);
  expect(plural(1, 'request')).toBe('1 request');
  expect(plural(2, 'process', 'processes')).toBe('2 processes');
});

import {expect, test} from 'vitest';
import {momentOf} from '../../src/cli/moment.ts';

const local = (text: string) => new Date(text).getTime();
const RANGE = {from: local('2026-11-19T23:50:00'), to: local('2026-11-20T00:10:00')};

test.each([
  ['+90', RANGE.from + 90_000],
  ['+0', RANGE.from],
  ['-60', RANGE.to - 60_000],
  ['00:05:10', local('2026-11-20T00:05:10')],
  ['0:05', local('2026-11-20T00:05:00')],
  ['23:55:01', local('2026-11-19T23:55:01')],
  ['2026-11-20T00:01:02', local('2026-11-20T00:01:02')],
  ['2026-11-20 00:01:02', local('2026-11-20T00:01:02')],
  [String(RANGE.from + 5), RANGE.from + 5],
])('%s', (text, at) => {
  expect(momentOf(text, RANGE)).toBe(at);
});

test.each(['', 'noon', '25', '99:99:99x', '12:00:00', '+9000', '2026-11-21T00:00:00', '-5m'])('%j is refused in one line', (text) => {
  expect(() => momentOf(text, RANGE)).toThrow(/^[^\n]*(is no time|is not in the recording)[^\n]*$/);
});

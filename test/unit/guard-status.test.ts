import {expect, test} from 'vitest';
import {parseGuardStatus} from '../../src/instance/guard-status.ts';

test('a whole story', () => {
  const text =
    'guard 10\nstarted 11 4711\nasked HUP\nasked graceful-stop\nhangup\nparent-died\nkilled-after-grace\norphans 3\nleft-behind 12\nsignalled 9\n';
  expect(parseGuardStatus(text)).toEqual({
    apachePid: 11,
    apacheStart: 4711,
    asked: ['HUP', 'graceful-stop'],
    hangup: true,
    parentDied: true,
    killedAfterGrace: true,
    orphans: 3,
    leftBehind: [12],
    cannotRun: null,
    end: {signal: 9},
  });
});

test('an unfinished line and unknown words count for nothing', () => {
  const verdict = parseGuardStatus('guard 10\nstarted 11 0\nstarted x y\nweather fine\nexited zero\nexited 1');
  expect(verdict).toMatchObject({apachePid: 11, apacheStart: null, end: null, asked: []});
});

test('only the newest hundred requests are kept', () => {
  const verdict = parseGuardStatus('asked HUP\n'.repeat(150) + 'asked TERM\nexited 0\n');
  expect(verdict.asked).toHaveLength(100);
  expect(verdict.asked.at(-1)).toBe('TERM');
  expect(verdict.end).toEqual({code: 0});
});

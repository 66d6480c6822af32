import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {DECK_ACCESS_FORMAT} from '../../src/express/log-formats.ts';
import {parseAccessLine} from '../../src/sources/logs/access-log-parser.ts';

function lines(name: string): string[] {
  return readFileSync(new URL(`../fixtures/logs/${name}.log`, import.meta.url), 'utf8')
    .split('\n')
    .slice(0, -1);
}

describe('our private format', () => {
  test('the fixture was written with the format that we still write', () => {
    for (const line of lines('access-deck')) expect(line.split('\t')).toHaveLength(DECK_ACCESS_FORMAT.split('\\t').length);
  });

  test('all fields', () => {
    expect(parseAccessLine(lines('access-deck')[2]!)).toEqual({
      seq: 0,
      at: 1795169422997,
      source: 'access',
      level: 'error',
      text: 'GET /err 500 7.8 ms',
      pid: 8246,
      requestId: 'utfEc5LqW94',
      client: '127.0.0.1',
      access: {method: 'GET', url: '/err', status: 500, micros: 7786, bytes: 790},
    });
    for (const line of lines('access-deck')) expect(parseAccessLine(line)).not.toBeNull();
  });

  test('what Apache escaped is undone; levels; durations', () => {
    const line = (status: number, micros: number): string =>
      `1795169270747037\t${micros}\t${status}\t141\t-\t-\t7466\tGET\t/a\\tb\\x1bc\\"?q=%1b\\xc3\\xa9`;
    expect(parseAccessLine(line(404, 88_400))).toMatchObject({level: 'info', text: 'GET /a\tb\x1bc"?q=%1bé 404 88 ms'});
    expect(parseAccessLine(line(503, 1_250_000))).toMatchObject({level: 'error', text: expect.stringMatching(/ 503 1\.3 s$/)});
    expect(parseAccessLine(line(200, 400))!.text).toMatch(/ 200 0\.4 ms$/);
    expect(parseAccessLine(line(200, 400))!.requestId).toBeUndefined();
  });

  test.each(['', 'x', '1\t2\t3', '1795169270747037\t1076\t200\t14', 'a\tb\tc\td\te\tf\tg\th\ti', '\t\t\t\t\t\t\t\t'])(
    'refuses %j',
    (line) => {
      expect(parseAccessLine(line)).toBeNull();
    },
  );
});

test('combined format', () => {
  expect(parseAccessLine(lines('access-combined')[1]!)).toMatchObject({
    at: Date.UTC(2026, 10, 20, 10, 13, 25),
    level: 'error',
    text: 'GET /err 500',
    client: '127.0.0.1',
    access: {method: 'GET', url: '/err', status: 500, micros: 0, bytes: 790},
  });
  expect(parseAccessLine('::1 - "a b" [20/Nov/2026:12:13:25 +0200] "\\x16\\x03" 400 -')).toMatchObject({
    at: Date.UTC(2026, 10, 20, 10, 13, 25),
    access: {method: '-', url: '\x16\x03', status: 400, bytes: 0},
  });
});

test('a client that left before it had its answer is told apart; lines of an older format are still read', () => {
  const line = (size: string) => `1795169270747037\t502234\t200\t${size}\tY6SxahKgPq4\t127.0.0.1\t7466\tGET\t/big`;
  const read = (size: string) => parseAccessLine(line(size))!;
  expect(read('8090X').access).toEqual({method: 'GET', url: '/big', status: 200, micros: 502_234, bytes: 8090, aborted: true});
  expect(read('8090X').text).toBe('GET /big 200 502 ms (client left)');
  expect(read('0X').access).toMatchObject({bytes: 0, aborted: true});
  for (const size of ['141+', '141-', '141']) {
    expect(read(size).access).toEqual({method: 'GET', url: '/big', status: 200, micros: 502_234, bytes: 141});
  }
  for (const size of ['-', '-+', '--']) expect(read(size).access?.bytes).toBe(0);
});

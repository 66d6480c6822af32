import {expect, test} from 'vitest';
import type {ActiveRequest} from '../../src/model/events.ts';
import {inRoots, placeOf, restartOf, stoppingTitle, toActiveRequest, withSilence} from '../../src/sources/agent/translate.ts';

const ROOTS = ['/srv/shop'];

test('counts as own what lies in the roots, installed packages not', () => {
  expect(inRoots('/srv/shop/a.py', ROOTS)).toBe(true);
  expect(inRoots('/srv/shopping/a.py', ROOTS)).toBe(false);
  expect(inRoots('/srv/shop/.venv/lib/python3.11/site-packages/x.py', ROOTS)).toBe(false);
});

test('shows a place relative to its root', () => {
  expect(placeOf({file: '/srv/shop/views/a.py', line: 3, func: 'f'}, ROOTS)).toBe('views/a.py:3 in f');
  expect(placeOf({file: '/usr/lib/re.py', line: 9, func: 'match'}, ROOTS)).toBe('re.py:9 in match');
  expect(placeOf({file: '/srv/shop/a.py', line: 3, func: ''}, ROOTS)).toBe('a.py:3');
});

test('turns seconds into milliseconds and leaves out what is unknown', () => {
  expect(toActiveRequest(7, {id: 'x', ident: '1', method: 'GET', url: '/', start: 1795169761.25}, ROOTS)).toEqual({
    id: 'x',
    pid: 7,
    ident: '1',
    method: 'GET',
    url: '/',
    startedAt: 1795169761250,
  });
  const full = {id: 'x', ident: '1', worker: 2, method: 'GET', url: '/', start: 1, queue: 0.25, client: '::1'};
  expect(toActiveRequest(7, {...full, at: ['/srv/shop/a.py', 1, 'f']}, ROOTS)).toMatchObject({
    worker: 2,
    queueMs: 250,
    client: '::1',
    at: 'a.py:1 in f',
  });
});

test('a response has been silent since its last piece was seen for the first time', () => {
  const at = (pieces: number | undefined, before: ActiveRequest[], now: number) =>
    withSilence(
      {id: 'x', pid: 7, ident: '1', method: 'GET', url: '/', startedAt: 1, ...(pieces === undefined ? {} : {pieces})},
      before,
      now,
    );
  expect([at(undefined, [], 100), at(0, [], 100)]).toEqual([expect.not.objectContaining({silentSince: 100}), at(0, [], 200)]);
  const first = at(3, [at(0, [], 100)], 200);
  expect(first.silentSince).toBe(200);
  expect(at(3, [first], 300).silentSince).toBe(200);
  expect(at(4, [first], 300).silentSince).toBe(300);
});

test.each([
  ['request_timeout', 'request-timeout'],
  ['maximum_requests', 'maximum-requests'],
  ['graceful_signal', 'graceful'],
  ['shutdown_signal', 'shutdown'],
  ['', 'unknown'],
  ['something_new', 'unknown'],
])('reason %j means %s', (reason, cause) => {
  expect(restartOf(reason).cause).toBe(cause);
  expect(restartOf(reason).text).not.toBe('');
});

test('titles the stacks of a stopping process by its oldest request', () => {
  const request = (url: string, startedAt: number) => ({id: url, pid: 1, ident: '1', method: 'GET', url, startedAt});
  expect(stoppingTitle('request_timeout', [request('/new', 50_000), request('/slow', 1000)], 61_200)).toBe(
    'request timeout: GET /slow after 60.2 s',
  );
  expect(stoppingTitle('', [], 0)).toBe('stopping');
});

/** What is said of a server's first answer: nothing of a page, the status of what is none, of an error its cause too. */
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {FirstAnswer} from '../../src/instance/first-answer.ts';
import type {InstanceInfo} from '../../src/model/events.ts';
import type {LogEntry} from '../../src/model/log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function server(path = '/') {
  const bus = new Bus('shop');
  bus.put({type: 'instance', info: {projectRoot: '/srv/shop', serverRoot: '/tmp/root'} as InstanceInfo});
  const said: string[] = [];
  const answer = new FirstAnswer(bus, path, () => {
    const {phase, detail} = answer.says();
    said.push(`${phase}${detail === '' ? '' : `: ${detail}`}`);
  });
  answer.await();
  let seq = 0;
  const log = (entry: Partial<LogEntry>) =>
    bus.put({type: 'log', entry: {seq: ++seq, at: Date.now(), source: 'app', level: 'error', text: '', ...entry}});
  const visit = (status: number, more: Partial<LogEntry> = {}, url = path) =>
    log({source: 'access', level: 'info', access: {method: 'GET', url, status, micros: 1, bytes: 1}, ...more});
  return {bus, answer, said, log, visit};
}

test.each([
  [200, 'ready'],
  [204, 'ready'],
  [302, 'ready'],
  [401, 'ready: / answers 401'],
  [403, 'ready: / answers 403'],
  [404, 'ready: / answers 404'],
])('%i is %s', (status, words) => {
  const {answer, said} = server();
  answer.take(status);
  expect(said).toEqual([words]);
});

test('an error waits a moment for its cause, which is then said at once', async () => {
  const {bus, answer, said} = server();
  answer.take(500);
  await vi.advanceTimersByTimeAsync(300);
  expect(said).toEqual([]);
  bus.put({type: 'exception', pid: 7, title: 'ValueError: bad', traceback: [], file: '/srv/shop/views.py', line: 3, request: 'GET /'});
  expect(said).toEqual(['degraded: / answers 500: ValueError: bad (views.py:3)']);
  await vi.advanceTimersByTimeAsync(5000);
  expect(said).toHaveLength(1);
});

test('without a cause the status alone is said, and the cause when it comes after all', async () => {
  const {answer, said, log} = server('/shop/');
  answer.take(503);
  await vi.advanceTimersByTimeAsync(5000);
  log({source: 'error', level: 'info', text: 'nothing that matters'});
  log({text: 'a line of the application that explains nothing'});
  expect(said).toEqual(['degraded: /shop/ answers 503']);
  log({
    text: "NameError: name 'x' is not defined",
    kind: 'traceback',
    more: ['Traceback (most recent call last):', '  File "/srv/shop/app.wsgi", line 4, in <module>', '    x'],
  });
  expect(said.at(-1)).toBe("degraded: /shop/ answers 503: NameError: name 'x' is not defined (app.wsgi:4)");
  log({text: 'KeyError: another', kind: 'traceback', more: []});
  expect(said).toHaveLength(2);
});

test('known already is said at once; what belongs to the code before, or to another request, is no cause', async () => {
  const {bus, answer, said} = server();
  bus.put({type: 'exception', pid: 7, title: 'OldError', traceback: []});
  await vi.advanceTimersByTimeAsync(1000);
  answer.await();
  bus.put({type: 'exception', pid: 7, title: 'OtherError', traceback: [], request: 'GET /other'});
  bus.put({type: 'agent', pid: 8, state: 'connected', detail: 'did not load: SyntaxError: oh'});
  answer.take(500);
  expect(said).toEqual(['degraded: / answers 500: SyntaxError: oh']);
});

test('a rule of the log explains where there is no exception', () => {
  const {answer, said, log} = server();
  answer.take(500);
  log({source: 'error', module: 'wsgi', text: "Truncated or oversized response headers received from daemon process 'shop': /srv/htdocs/"});
  expect(said).toEqual([expect.stringMatching(/^degraded: \/ answers 500: \S.*[^.]$/)]);
});

test('a visitor who gets a page ends it; one before that answer, at another address or with another error does not', async () => {
  const {answer, said, visit} = server();
  answer.take(500);
  await vi.advanceTimersByTimeAsync(1000);
  visit(200, {access: {method: 'GET', url: '/', status: 200, micros: 5_000_000, bytes: 1}});
  visit(200, {}, '/other');
  visit(404);
  expect(said).toEqual(['degraded: / answers 500']);
  visit(302);
  visit(200);
  expect(said).toEqual(['degraded: / answers 500', 'ready']);
});

test('other code that is awaited ends what was to be said', async () => {
  const {answer, said} = server();
  answer.take(500);
  answer.await();
  await vi.advanceTimersByTimeAsync(5000);
  expect(said).toEqual([]);
  answer.take(200);
  expect(said).toEqual(['ready']);
});

import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {EndCounter, watchRestartLoops} from '../../src/instance/restart-loop.ts';

test('five ends of a service within twenty seconds are a loop, four are not, and slow ones never', () => {
  const quick = new EndCounter('service', 'mail');
  for (let n = 0; n < 4; n++) expect(quick.ended(100 + n, n * 1500, 'boom')).toBeNull();
  const notice = quick.ended(104, 6000, 'boom');
  expect(notice?.text).toBe('service mail has ended 5 times in 6 s: boom');
  expect(notice?.remedy).toContain('without any back-off (the original has none; ours needs a server root');
  const slow = new EndCounter('service', 'mail');
  for (let n = 0; n < 50; n++) expect(slow.ended(100 + n, n * 6000, '')).toBeNull();
});

test('one end that several sources tell of counts once', () => {
  const counter = new EndCounter('daemon', '');
  for (let n = 0; n < 5; n++) expect(counter.ended(7, n, 'killed')).toBeNull();
  expect(counter.ended(8, 10, '')).toBeNull();
  expect(counter.ended(9, 2000, 'crashed')?.text).toBe('daemon processes have ended 3 times in 2 s, last: crashed');
});

test('a loop is over, once, when it has been calm', () => {
  const counter = new EndCounter('daemon', '');
  expect(counter.calmed(0)).toBe(false);
  for (let n = 0; n < 3; n++) counter.ended(n, n * 100, '');
  expect(counter.calmed(10_000)).toBe(false);
  expect(counter.calmed(30_000)).toBe(true);
  expect(counter.calmed(60_000)).toBe(false);
  expect(counter.ended(50, 61_000, '')).toBeNull();
});

test('a service that is held back is in a loop for as long as it waits, and says when it tries next', () => {
  const bus = new Bus('test');
  const stop = watchRestartLoops(bus);
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  const line = 'wsgideck: service mail has ended 8 times in a row within 10 s of its start; next try in 30 s';
  bus.put({type: 'log', entry: {seq: 1, at: 900, source: 'app', level: 'error', pid: 50, text: 'OSError: no route'}});
  bus.put({type: 'restart', pid: 50, cause: 'unknown', text: 'ended', processGroup: 'service:mail', source: 'log', at: 1000});
  expect(bus.state().notices).toEqual([]);
  // Only what the program itself has said in the log counts.
  bus.put({type: 'log', entry: {seq: 2, at: 1000, source: 'access', level: 'info', text: line}});
  expect(bus.state().notices).toEqual([]);
  bus.put({type: 'log', entry: {seq: 3, at: 1000, source: 'app', level: 'info', pid: 51, text: line}});
  const [notice] = bus.state().notices;
  expect(notice?.text).toBe('service mail has ended 8 times in a row, next try in 30 s: OSError: no route');
  expect(notice?.remedy).not.toContain('without any back-off');
  stop();

  const counter = new EndCounter('service', 'mail');
  counter.waits({times: 8, seconds: 30, until: 31_000}, '');
  expect(counter.calmed(40_000)).toBe(false);
  expect(counter.calmed(51_000)).toBe(true);
});

test('what somebody asked for is no loop, nor is what happens while Apache is started or stopped', () => {
  const bus = new Bus('test');
  const stop = watchRestartLoops(bus);
  const end = (pid: number, cause: 'reload' | 'crash') =>
    bus.put({type: 'restart', pid, cause, text: cause, processGroup: 'app', source: 'exit'});
  for (let pid = 1; pid < 10; pid++) end(pid, 'crash');
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  for (let pid = 10; pid < 20; pid++) end(pid, 'reload');
  expect(bus.state().notices).toEqual([]);
  for (let pid = 20; pid < 23; pid++) end(pid, 'crash');
  expect(bus.state().notices.map((one) => one.key)).toEqual(['loop daemon']);
  stop();
});

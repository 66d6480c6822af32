import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {EndCounter, watchRestartLoops} from '../../src/instance/restart-loop.ts';

test('five ends of a service within twenty seconds are a loop, four are not, and slow ones never', () => {
  const quick = new EndCounter('service', 'mail');
  for (let n = 0; n < 4; n++) expect(quick.ended(100 + n, n * 1500, 'boom')).toBeNull();
  expect(quick.ended(104, 6000, 'boom')?.text).toBe('service mail has ended 5 times in 6 s: boom');
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

/** When open pages load again: once for each time that other code serves, whatever it answers. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {LivePages} from '../../src/instance/live-pages.ts';
import type {ReloadRecord} from '../../src/model/events.ts';
import {tempDir} from '../support/temp.ts';

function instance() {
  const file = join(tempDir(), 'live.txt');
  writeFileSync(file, 'abc.0 0\n');
  const bus = new Bus('shop');
  const pages = new LivePages(bus, file);
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  bus.put({type: 'agent', pid: 10, state: 'connected'});
  const reload = (part: Partial<ReloadRecord>) =>
    bus.put({
      type: 'reload',
      reload: {
        id: 1,
        names: ['a.py'],
        files: 1,
        seenAt: 1,
        answeredAt: null,
        status: 'running',
        ms: null,
        by: 'change',
        strategy: 'restart',
        ...part,
      },
    });
  return {
    bus,
    reload,
    begin: (part: Partial<ReloadRecord> = {}) => {
      reload(part);
      bus.put({type: 'phase', phase: 'reloading', detail: 'new code'});
      bus.put({type: 'agent', pid: 10, state: 'gone'});
    },
    assets: pages,
    /** How often pages were told to load again. */
    told: () => Number(/^abc\.(\d+) 0\n$/.exec(readFileSync(file, 'utf8'))![1]),
  };
}

test.each(['restart', 'graceful'] as const)('%s: code that answers an error is shown as well, once', (strategy) => {
  const {bus, begin, reload, told} = instance();
  begin({strategy});
  expect(told()).toBe(0);
  bus.put({type: 'agent', pid: 11, state: 'connected'});
  expect(told()).toBe(0);
  reload({strategy, status: 'failed', answeredAt: 2, detail: 'it answers 500'});
  expect(told()).toBe(1);
  bus.put({type: 'phase', phase: 'degraded', detail: 'the application answers 500'});
  bus.put({type: 'agent', pid: 11, state: 'connected'});
  reload({strategy, status: 'failed', answeredAt: 2, detail: 'it answers 500'});
  expect(told()).toBe(1);
  begin({id: 2, strategy});
  reload({id: 2, strategy, status: 'done', answeredAt: 3});
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  expect(told()).toBe(2);
});

test('the agent may tell after the first answer that the code has loaded', () => {
  const {bus, begin, reload, told} = instance();
  begin();
  reload({status: 'failed', answeredAt: 2});
  bus.put({type: 'phase', phase: 'degraded', detail: 'the application answers 500'});
  expect(told()).toBe(0);
  bus.put({type: 'agent', pid: 11, state: 'connected'});
  expect(told()).toBe(1);
  bus.put({type: 'agent', pid: 12, state: 'connected'});
  expect(told()).toBe(1);
});

test('code that does not load has no pages: they stay until some does, at another request or after another save', () => {
  const {bus, begin, reload, told} = instance();
  begin();
  reload({status: 'failed', answeredAt: 2});
  bus.put({type: 'agent', pid: 11, state: 'connected', detail: 'did not load: NameError: x'});
  expect(told()).toBe(0);
  bus.put({type: 'agent', pid: 11, state: 'connected'});
  expect(told()).toBe(1);
  begin({id: 2});
  reload({id: 2, status: 'failed', answeredAt: 3});
  bus.put({type: 'agent', pid: 12, state: 'connected', detail: 'did not load: NameError: x'});
  begin({id: 3});
  reload({id: 3, status: 'done', answeredAt: 4});
  expect(told()).toBe(2);
});

test('by swap what fails changes nothing, nor does what was broken off', () => {
  const {bus, begin, reload, told} = instance();
  reload({strategy: 'swap'});
  bus.put({type: 'agent', pid: 11, state: 'connected'});
  reload({strategy: 'swap', status: 'failed', answeredAt: 2});
  begin({id: 2});
  reload({id: 2, status: 'failed', detail: 'the server was stopped or restarted meanwhile'});
  expect(told()).toBe(0);
});

test('a restart of Apache, and a start after a failure, count too, whatever they answer', () => {
  const {bus, told} = instance();
  bus.put({type: 'phase', phase: 'reloading', detail: 'restart: asked for'});
  bus.put({type: 'agent', pid: 10, state: 'gone'});
  bus.put({type: 'agent', pid: 11, state: 'connected'});
  bus.put({type: 'phase', phase: 'degraded', detail: 'the application answers 500'});
  expect(told()).toBe(1);
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  expect(told()).toBe(1);
  // In debug mode Apache is ended and started again.
  bus.put({type: 'phase', phase: 'reloading', detail: 'a.py changed'});
  bus.put({type: 'phase', phase: 'starting', detail: 'a.py changed: starting Apache again'});
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  expect(told()).toBe(2);
  bus.put({type: 'phase', phase: 'failed', detail: 'Apache died 5 times'});
  bus.put({type: 'phase', phase: 'starting', detail: 'asked for'});
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  expect(told()).toBe(3);
});

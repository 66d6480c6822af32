import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {Replacements} from '../../src/instance/slots/replacements.ts';
import type {SlotContext} from '../../src/instance/slots/slot-context.ts';
import {SlotPool} from '../../src/instance/slots/slot-pool.ts';
import {SlotSwitch} from '../../src/instance/slots/slot-switch.ts';
import type {AgentHello, AgentLoad} from '../../src/sources/agent/messages.ts';
import {tempDir} from '../support/temp.ts';

let replacements: Replacements;
let pool: SlotPool;
let said: string[];
let asked: number[];
let bus: Bus;

beforeEach(() => {
  vi.useFakeTimers();
  [said, asked] = [[], []];
  bus = new Bus('shop');
  const slotSwitch = new SlotSwitch(join(tempDir(), 'slot.green'));
  const groups = {blue: 'shop', green: 'shop:green'};
  pool = new SlotPool(groups, slotSwitch, {files: () => {}, exception: () => {}});
  const times = {loadTimeout: 60, gracefulTimeout: 15, shutdownTimeout: 5};
  const context: SlotContext = {
    plan: {groups, switchFile: '', processes: 2, ...times, roots: [], services: []},
    bus,
    pool,
    slotSwitch,
    tell: (pid, {type}) => said.push(`${type} ${pid}`),
    pace: () => {},
    stacks: async () => [],
    // Nothing is signalled: none of these processes exists.
    alive: (pid) => {
      asked.push(pid);
      return false;
    },
  };
  replacements = new Replacements(context);
  pool.listen(() => replacements.look());
});
afterEach(() => {
  replacements.stop();
  vi.useRealTimers();
});

const LOADED: AgentLoad = {ok: true, ms: 5};
const FAILED: AgentLoad = {ok: false, ms: 5, error: 'SyntaxError: no', waits: true};
const comes = (pid: number, load: AgentLoad) => pool.hello(pid, {group: 'shop', load} as AgentHello);
const notice = () => bus.state().notices.find((one) => one.key === 'reload-disk')?.text ?? null;

test('one that does not load is held while another serves, tries again after a while, and serves the reason when it is the last', () => {
  comes(11, LOADED);
  comes(12, LOADED);
  replacements.codeLoads(false);
  expect(notice()).toMatch(/a process that is replaced now cannot serve/);
  pool.gone(12);
  comes(13, FAILED);
  expect(said).toEqual(['hold 13']);
  expect(notice()).toMatch(/so 1 of 2 processes waits: 1 with the older code serves all requests/);
  vi.advanceTimersByTime(29_999);
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(asked).toEqual([13]);
  pool.gone(11);
  expect(said).toEqual(['hold 13', 'release 13']);
  expect(pool.get(13)?.state).toBe('failed');
  expect(notice()).toBeNull();
});

test('with no other there is nothing to wait for; those that wait for nothing are left alone', () => {
  comes(11, FAILED);
  expect(said).toEqual(['release 11']);
  comes(12, {...FAILED, waits: false});
  comes(13, LOADED);
  expect(said).toEqual(['release 11']);
});

test('the word about the disk is taken back by a reload, and by a process that has loaded it after all', () => {
  comes(11, LOADED);
  replacements.codeLoads(false);
  expect(notice()).not.toBeNull();
  replacements.codeLoads(true);
  expect(notice()).toBeNull();
  replacements.codeLoads(false);
  // It was there before, and is heard of only now.
  comes(12, LOADED);
  expect(notice()).not.toBeNull();
  pool.gone(12);
  comes(13, LOADED);
  expect(notice()).toBeNull();
});

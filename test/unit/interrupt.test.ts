import {expect, test} from 'vitest';
import {interrupt} from '../../src/instance/actions/interrupt.ts';
import {Bus} from '../../src/instance/bus.ts';
import type {InterruptAnswer} from '../../src/sources/agent/messages.ts';

const REQUEST = {id: 'r1', pid: 10, ident: '1', method: 'GET', url: '/long', startedAt: 1};

/** A server with one request, whose agent gives this answer. `ends`: the request is gone at the next sample. */
function server(answer: Omit<InterruptAnswer, 'type' | 'id'> | null, ends = false) {
  const bus = new Bus('shop');
  bus.put({type: 'requests', pid: 10, requests: [REQUEST], busy: 1, total: 5, dropped: 0});
  const asked: string[] = [];
  const hub = {
    interrupt: (pid: number, id: string) => {
      asked.push(`${pid} ${id}`);
      return Promise.resolve(answer && {type: 'interrupted' as const, id: 1, ...answer});
    },
    sampleStacks: () => {
      if (ends) bus.put({type: 'requests', pid: 10, requests: [], busy: 0, total: 5, dropped: 0});
      return Promise.resolve(null);
    },
  };
  return {asked, run: (id: string) => interrupt(bus, hub, id)};
}

const AT: [string, number, string] = ['/app/a.py', 7, 'work'];

test('says where the request was ended', async () => {
  const {asked, run} = server({done: true, at: AT}, true);
  expect(await run('r1')).toEqual({
    ok: true,
    text: 'GET /long was ended at app/a.py:7 in work by RequestInterrupted; the others of process 10 go on',
  });
  expect(asked).toEqual(['10 r1']);
});

test('says that a call has to return first when the request goes on', async () => {
  const {run} = server({done: true, at: AT});
  const {ok, text} = await run('r1');
  expect(ok).toBe(true);
  expect(text).toContain('RequestInterrupted waits for GET /long: the call it is in at app/a.py:7 in work has to return first');
});

test('says why it was not done, and asks nobody about a request that is over', async () => {
  expect(await server({done: false, why: 'it is over'}).run('r1')).toEqual({ok: false, text: 'GET /long was not interrupted: it is over'});
  const silent = await server(null).run('r1');
  expect(silent.ok).toBe(false);
  expect(silent.text).toContain('the agent of process 10 does not answer');
  const {asked, run} = server({done: true, at: AT});
  expect(await run('other')).toEqual({ok: false, text: 'that request is not served (any more)'});
  expect(asked).toEqual([]);
});

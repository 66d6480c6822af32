import {expect, test} from 'vitest';
import {stacksText} from '../../src/cli/stacks-text.ts';
import {selectStackGroups} from '../../src/model/select-stack-groups.ts';
import type {StackCapture, ThreadStack} from '../../src/model/stacks.ts';

const frame = (line: number) => ({file: '/app/a.py', line, func: 'f', source: 'wait()'});
const request = (id: string, startedAt: number) => ({id, method: 'GET', url: `/${id}`, startedAt});
const thread = (ident: string, lines: number[], more: Partial<ThreadStack> = {}): ThreadStack => ({
  ident,
  frames: lines.map(frame),
  ...more,
});
const capture = (pid: number, threads: ThreadStack[], more: Partial<StackCapture> = {}): StackCapture => {
  return {id: pid, at: 10_000, pid, processGroup: 'shop', method: 'agent', cause: 'asked', title: '', threads, ...more};
};

test('equal stacks of several processes are one group, most frequent first, requests by age', () => {
  const groups = selectStackGroups([
    capture(1, [thread('11', [5, 2]), thread('12', [7, 2], {request: request('old', 1000)}), thread('13', [9])]),
    capture(2, [thread('11', [7, 2], {request: request('older', 500)}), thread('12', [7, 2])]),
  ]);
  expect(groups.map((one) => [one.count, one.frames[0]?.line, one.requests.map(({id}) => id)])).toEqual([
    [3, 7, ['older', 'old']],
    [1, 5, []],
    [1, 9, []],
  ]);
  expect(groups[0]!.threads.map((one) => [one.pid, one.thread.ident])).toEqual([
    [1, '12'],
    [2, '11'],
    [2, '12'],
  ]);
});

test('the samples of one request name it once; who holds the interpreter comes first', () => {
  const of = (id: number) => capture(1, [thread('11', [7], {request: request('a', 1)}), thread('12', [8])], {id, culprit: '12'});
  const groups = selectStackGroups([of(1), of(2), of(3), capture(2, [thread('12', [7])])]);
  expect(groups.map((one) => [one.count, one.requests.length, one.threads.some(({culprit}) => culprit)])).toEqual([
    [3, 0, true],
    [4, 1, false],
  ]);
});

test('without frames the kernel’s words group, whatever descriptor or share they name', () => {
  const asleep = (ident: string, kernel: string) => thread(ident, [], {kernel});
  const groups = selectStackGroups([
    capture(1, [
      asleep('1', 'sleeping in read (pipe:[1])'),
      asleep('2', 'sleeping in read (pipe:[2])'),
      asleep('3', 'running, 3 % of a core'),
    ]),
  ]);
  expect(groups.map((one) => one.count)).toEqual([2, 1]);
  expect(selectStackGroups([])).toEqual([]);
});

test('as text: how they were had, what is not covered, whose they are; nothing of strangers acts', () => {
  const lines = stacksText([
    capture(1, [thread('11', [7], {request: {...request('a', 7000), url: '/\u001b]0;x\u0007'}}), thread('12', [7], {name: 'worker'})], {
      method: 'faulthandler',
      uncovered: 'others',
      culprit: '11',
    }),
    capture(2, [thread('21', [], {name: 'httpd', kernel: 'sleeping in futex'})], {method: 'proc'}),
  ]);
  expect(lines).toEqual([
    'process 1 of shop: 2 threads, by faulthandler: the interpreter does not answer',
    '  not covered: others',
    'process 2 of shop: 1 thread, from /proc',
    '',
    '2 threads in 1, holds the interpreter: GET /␛]0;x␇ (a, 3.0 s), 1 without a request',
    '  /app/a.py:7 in f',
    '      wait()',
    '',
    '1 thread in 2: no request (httpd)',
    '  kernel: sleeping in futex',
  ]);
});

import {expect, test} from 'vitest';
import {lookDue} from '../../src/instance/early/due.ts';
import {judge, type Look} from '../../src/instance/early/judge.ts';
import {overdueAt, type Stream, streamOf} from '../../src/instance/early/streams.ts';
import {waitsIn} from '../../src/instance/early/waits-in.ts';
import type {Frame} from '../../src/model/stacks.ts';
import type {KernelThread} from '../../src/sources/stacks/kernel-threads.ts';
import type {WaitKind} from '../../src/sources/stacks/syscalls.ts';

const REQUEST = {id: 'r1', pid: 10, method: 'GET', url: '/x', startedAt: 1000};
const OWN = (file: string) => file.startsWith('/app/');
const at = (line: number, func = 'f', file = '/app/a.py', source?: string): Frame => ({file, line, func, ...(source ? {source} : {})});
const kernel = (cpuMs: number, switches = 0, more: Partial<KernelThread> = {}): KernelThread => {
  return {tid: 5, name: 'w', state: 'S', cpuMs, switches, call: null, target: null, wchan: null, ...more};
};
const looks = (stacks: Frame[][], facts: (KernelThread | null)[] = []): Look[] =>
  stacks.map((frames, index) => ({at: 11_000 + index * 700, frames, kernel: facts[index] ?? null}));
const verdict = (list: Look[]) => judge(REQUEST, list, OWN);

const RECV = [at(8, 'read', '/app/a.py', 'sock.recv(1)'), at(2, 'application')];

test('the same call three times, no processor time: waiting, with what in', () => {
  const found = verdict(looks([RECV, RECV, RECV], [kernel(5), kernel(5), kernel(5.2)]));
  expect(found).toEqual({
    requestId: 'r1',
    pid: 10,
    method: 'GET',
    url: '/x',
    startedAt: 1000,
    at: 12_400,
    verdict: 'waiting',
    same: 3,
    samples: 3,
    frame: RECV[0],
    own: RECV[0],
    waitsIn: 'socket.recv',
    captures: [],
  });
});

test('the same function on a processor is stuck, also when it goes around in its own lines', () => {
  const busy = [
    [at(4), at(1, 'application')],
    [at(5), at(1, 'application')],
    [at(4), at(1, 'application')],
  ];
  expect(verdict(looks(busy, [kernel(0), kernel(600), kernel(1300)]))).toMatchObject({verdict: 'stuck', same: 3});
  // Not on one: then it has moved from one waiting line to the next.
  expect(verdict(looks(busy, [kernel(0), kernel(1), kernel(2)]))).toMatchObject({verdict: 'slow', same: 1});
});

test('different calls are slow; what has come to a halt only now is still slow', () => {
  expect(verdict(looks([[at(1)], [at(2)], [at(3)]], [kernel(0), kernel(1), kernel(2)]))).toMatchObject({verdict: 'slow', same: 1});
  expect(verdict(looks([[at(1)], [at(3)], [at(3)]], [kernel(0), kernel(1), kernel(2)]))).toMatchObject({verdict: 'slow', same: 2});
  const deeper = [[at(3)], [at(3), at(3)], [at(3), at(3), at(3)]];
  expect(verdict(looks(deeper, [kernel(0), kernel(600), kernel(1300)]))).toMatchObject({verdict: 'slow', same: 1});
});

test('who wants the interpreter and gets little of it computes', () => {
  const plain = [at(4, 'f', '/app/a.py', 'total += row')];
  expect(verdict(looks([plain, plain, plain], [kernel(0, 0), kernel(2, 140), kernel(4, 280)])).verdict).toBe('stuck');
  expect(
    verdict(looks([plain, plain, plain], [kernel(0, 0, {state: 'R'}), kernel(1, 0, {state: 'R'}), kernel(2, 0, {state: 'R'})])).verdict,
  ).toBe('stuck');
  // A loop of short sleeps wakes up as often, but by itself.
  const naps = [at(4, 'f', '/app/a.py', 'time.sleep(0.01)')];
  expect(verdict(looks([naps, naps, naps], [kernel(0, 0), kernel(2, 140), kernel(4, 280)]))).toMatchObject({
    verdict: 'waiting',
    waitsIn: 'time.sleep, over and over (200 times a second)',
  });
});

test('without the kernel’s figures the innermost call decides', () => {
  const plain = [at(4, 'f', '/app/a.py', 'total += row')];
  expect(verdict(looks([RECV, RECV, RECV])).verdict).toBe('waiting');
  expect(verdict(looks([plain, plain, plain])).verdict).toBe('stuck');
});

const streaming = (progress: Stream['progress']): Stream => ({pieces: 12, silentSince: 9000, progress});

test('a response that makes progress is slow, whatever its stack looks like', () => {
  const nap = [at(9, 'rows', '/app/a.py', 'time.sleep(0.5)')];
  const samples = looks([nap, nap, nap], [kernel(1), kernel(1), kernel(1)]);
  expect(judge(REQUEST, samples, OWN, streaming('moving'))).toMatchObject({verdict: 'slow', pieces: 12, silentSince: 9000, own: nap[0]});
  expect(judge(REQUEST, samples, OWN, streaming('moving'))).not.toHaveProperty('waitsIn');
  expect(judge(REQUEST, samples, OWN)).not.toHaveProperty('pieces');
  expect(judge(REQUEST, samples.slice(0, 2), OWN, streaming('moving')).verdict).toBe('unknown');
});

test('a stream that waits for something to tell is no trouble until it is overdue; one that computes is stuck all the same', () => {
  const nap = [at(9, 'events', '/app/a.py', 'news.get()')];
  const waits = looks([nap, nap, nap], [kernel(1), kernel(1), kernel(1)]);
  expect(judge(REQUEST, waits, OWN, streaming('pausing'))).toMatchObject({verdict: 'slow', pieces: 12});
  expect(judge(REQUEST, waits, OWN, streaming('overdue'))).toMatchObject({verdict: 'waiting', pieces: 12, silentSince: 9000});
  const computes = looks([nap, nap, nap], [kernel(0), kernel(600), kernel(1300)]);
  expect(judge(REQUEST, computes, OWN, streaming('pausing')).verdict).toBe('stuck');
  expect(judge(REQUEST, computes, OWN, streaming('moving')).verdict).toBe('slow');
});

test('a stream pauses when nothing has come for longer than its own pace lets expect, and that is too long after a whole time limit', () => {
  const stream = (pieces: number, silentSince: number) => ({...REQUEST, pieces, silentSince});
  const progress = (one: ReturnType<typeof stream>, limit: number, now: number) => streamOf(one, limit, now)?.progress;
  expect([streamOf(REQUEST, 60, 9000), streamOf({...REQUEST, pieces: 0}, 60, 9000)]).toEqual([null, null]);
  const quick = stream(4, 3000);
  expect([5000, 5001, 62_999, 63_000].map((now) => progress(quick, 60, now))).toEqual(['moving', 'pausing', 'pausing', 'overdue']);
  // Without a limit no pause is too long.
  expect(progress(quick, 0, 9_999_000)).toBe('pausing');
  // Forty seconds from one piece to the next: it may take its time.
  const slow = stream(5, 201_000);
  expect([281_000, 281_001].map((now) => progress(slow, 60, now))).toEqual(['moving', 'overdue']);
  expect([overdueAt(quick, 60), overdueAt(quick, 0), overdueAt(REQUEST, 60)]).toEqual([62, null, null]);
});

test('fewer than three samples give no verdict', () => {
  expect(verdict(looks([RECV, RECV]))).toMatchObject({verdict: 'unknown', same: 2, samples: 2});
  expect(verdict([])).toMatchObject({verdict: 'unknown', frame: null, own: null});
});

const LIB = '/usr/lib/python3.11';
const call = (kind: WaitKind) => ({call: {name: 'x', kind, onDescriptor: false}});

test.each<[string, Frame[], WaitKind, string]>([
  ['a queue', [at(324, 'wait', `${LIB}/threading.py`), at(171, 'get', `${LIB}/queue.py`), at(3)], 'lock', 'queue.get: nothing comes'],
  [
    'an event',
    [at(324, 'wait', `${LIB}/threading.py`), at(622, 'wait', `${LIB}/threading.py`)],
    'lock',
    'a condition or event of another thread',
  ],
  ['a thread', [at(1112, '_wait_for_tstate_lock', `${LIB}/threading.py`)], 'lock', 'Thread.join: another thread has to end'],
  [
    'a future',
    [at(324, 'wait', `${LIB}/threading.py`), at(451, 'result', `${LIB}/concurrent/futures/_base.py`)],
    'lock',
    'the result of a future',
  ],
  ['a lock', [at(1, 'f', '/app/a.py', 'with self._lock:')], 'lock', 'acquiring a lock'],
  ['a child', [at(1951, '_try_wait', `${LIB}/subprocess.py`)], 'child', 'a child process'],
  ['sleep', [at(1, 'f', '/app/a.py', 'time.sleep(5)')], 'sleep', 'time.sleep'],
  ['SQLite', [at(1, 'f', '/app/a.py', 'db.execute(sql)')], 'sleep', 'a database call that sleeps and tries again: SQLite waits for a lock'],
  ['a database', [at(1, 'f', '/app/a.py', 'cursor.execute(sql)')], 'events', 'a database call: the server has not answered'],
  [
    'HTTP',
    [at(706, 'readinto', `${LIB}/socket.py`), at(279, '_read_status', `${LIB}/http/client.py`)],
    'network',
    'socket.recv: an HTTP server has not answered',
  ],
  [
    'a person',
    [at(131, 'cmdloop', `${LIB}/cmd.py`), at(332, '_cmdloop', `${LIB}/pdb.py`), at(356, 'interaction', `${LIB}/pdb.py`)],
    'file',
    'the debugger prompt: somebody looks at it',
  ],
  ['TLS', [at(1, 'read', `${LIB}/ssl.py`)], 'file', 'socket.recv (TLS)'],
  ['a file', [at(1, 'f', '/app/a.py', 'save(it)')], 'file', 'reading or writing a file'],
  ['C code', [at(1, 'f', '/app/a.py', 'library.compute(it)')], 'lock', 'a lock, inside a call into C'],
  // The application's own file of that name is not the library's.
  ['a namesake', [at(1, 'get', '/app/queue.py', 'thing()')], 'lock', 'a lock, inside a call into C'],
  // sleep() on the line, but the kernel says that it reads.
  ['another call of the line', [at(1, 'f', '/app/a.py', 'sleep(1); data = sock.recv(9)')], 'network', 'socket.recv'],
])('what a thread waits in: %s', (_, frames, kind, words) => {
  expect(waitsIn(frames, kernel(0, 0, call(kind)))).toBe(words);
});

test('the kernel names what it is about', () => {
  const read = {call: {name: 'read', kind: 'file', onDescriptor: true} as const, target: '/mnt/share/big'};
  expect(waitsIn([at(1, 'f', '/app/a.py', 'file.read()')], kernel(0, 0, read))).toBe('read (/mnt/share/big)');
  expect(waitsIn([at(1)], null)).toBe('something outside of Python');
});

test.each([
  [{age: 4.9, lookedAt: null, left: null, crowded: false}, false],
  [{age: 5, lookedAt: null, left: null, crowded: false}, true],
  [{age: 12, lookedAt: 5, left: null, crowded: false}, false],
  [{age: 30, lookedAt: 5, left: null, crowded: false}, true],
  [{age: 119, lookedAt: 31, left: null, crowded: false}, false],
  [{age: 120, lookedAt: 31, left: null, crowded: false}, true],
  [{age: 480, lookedAt: 121, left: null, crowded: false}, true],
  // Half of the limit is over, or ten seconds.
  [{age: 2.9, lookedAt: null, left: 3.1, crowded: false}, false],
  [{age: 3, lookedAt: null, left: 3, crowded: false}, true],
  [{age: 4, lookedAt: null, left: 153, crowded: false}, false],
  [{age: 10, lookedAt: null, left: 147, crowded: false}, true],
  // Shortly before mod_wsgi acts.
  [{age: 56, lookedAt: 31, left: 4, crowded: false}, false],
  [{age: 57, lookedAt: 31, left: 3, crowded: false}, true],
  [{age: 58, lookedAt: 57, left: 2, crowded: false}, false],
  // A stream that has been silent for as long as a request may take.
  [{age: 119, lookedAt: 31, left: null, crowded: false, overdueAt: 70}, true],
  [{age: 119, lookedAt: 71, left: null, crowded: false, overdueAt: 70}, false],
  // No thread is free.
  [{age: 1.9, lookedAt: null, left: null, crowded: true}, false],
  [{age: 2, lookedAt: null, left: null, crowded: true}, true],
  [{age: 4, lookedAt: 2, left: null, crowded: true}, false],
])('when a request is looked at: %j is %s', (given, due) => {
  expect(lookDue(given)).toBe(due);
});

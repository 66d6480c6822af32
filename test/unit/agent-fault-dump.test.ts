import {describe, expect, test} from 'vitest';
import {parseFaultDumps} from '../../src/sources/agent/fault-dump.ts';

/** Written by Python 3.11.2 in a mod_wsgi 4.9.4 daemon process: once on the signal, then by a segmentation fault. */
const REAL = `Thread 0x00007fd5cce7f6c0 (most recent call first):
  <no Python frame>

Thread 0x00007fd5c7fff6c0 (most recent call first):
  File "/srv/shop/app.wsgi", line 6 in application
  File "/srv/deck/wsgideck/handler.py", line 234 in handle_request

Thread 0x00007fd5cd6806c0 (most recent call first):
  File "/srv/deck/wsgideck/agent.py", line 274 in run

Current thread 0x00007fd5ce480780 (most recent call first):
  <no Python frame>
Fatal Python error: Segmentation fault

Current thread 0x00007fd5c5ffb6c0 (most recent call first):
  File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at
  File "/srv/shop/app.wsgi", line 12 in application

Thread 0x00007fd5c7fff6c0 (most recent call first):
  <no Python frame>
`;

describe('parseFaultDumps', () => {
  test('tells a dump on request from a crash in the same file', () => {
    const [asked, crash, ...more] = parseFaultDumps(REAL);
    expect(more).toEqual([]);
    expect(asked!.fatal).toBeNull();
    expect(asked!.threads.map(({ident, current, frames}) => [ident, current, frames.length])).toEqual([
      ['140556242515648', false, 0],
      ['140556160202432', false, 2],
      ['140556250908352', false, 1],
      ['140556265588608', true, 0],
    ]);
    expect(crash!.fatal).toBe('Segmentation fault');
    expect(crash!.threads[0]).toEqual({
      ident: String(0x00007fd5c5ffb6c0),
      current: true,
      collecting: false,
      frames: [
        {file: '/usr/lib/python3.11/ctypes/__init__.py', line: 519, func: 'string_at'},
        {file: '/srv/shop/app.wsgi', line: 12, func: 'application'},
      ],
    });
  });

  test('starts a new dump where a thread comes a second time', () => {
    const half = REAL.slice(0, REAL.indexOf('Fatal'));
    expect(parseFaultDumps(half + half).map((dump) => dump.threads.length)).toEqual([4, 4]);
  });

  test('reads thread names and leaves the C stack of Python 3.14 alone', () => {
    const [dump, ...more] = parseFaultDumps(`Fatal Python error: Aborted

Current thread 0x00007f0000000001 [worker (2)] (most recent call first):
  File "/srv/a.py", line 3 in f

Current thread's C stack trace (most recent call first):
  Binary file "/usr/bin/python3", at _Py_DumpStack+0x42 [0x5b27f7d7147e]

Extension modules: numpy._core (total: 1)
`);
    expect(more).toEqual([]);
    expect(dump!.threads).toEqual([
      {ident: '139637976727553', current: true, name: 'worker (2)', collecting: false, frames: [{file: '/srv/a.py', line: 3, func: 'f'}]},
    ]);
  });

  test('reads the only stack of a free-threaded interpreter', () => {
    const [dump] = parseFaultDumps(`Fatal Python error: Segmentation fault

<Cannot show all threads while the GIL is disabled>
Stack (most recent call first):
  File "/srv/a.py", line 3 in f
`);
    expect(dump!.threads).toMatchObject([{ident: '0', current: true, frames: [{line: 3}]}]);
  });

  test('undoes the escapes in names, notes the collector, survives what it does not know', () => {
    const [dump] = parseFaultDumps(`Thread 0x0000000000000010 (most recent call first):
  Garbage-collecting
  File "/srv/caf\\xe9/\\u4f60.py", line ??? in \\U0001f600
  File ???, line 7 in g
  ...
  nonsense
`);
    expect(dump!.threads[0]).toMatchObject({
      collecting: true,
      frames: [
        {file: '/srv/café/你.py', line: 0, func: '😀'},
        {file: '???', line: 7, func: 'g'},
      ],
    });
  });

  test.each(['', 'Thread 0x', 'Fatal', '\0\0\n', '  File "x", line 1 in y\n'])('finds nothing in %j', (text) => {
    expect(parseFaultDumps(text)).toEqual([]);
  });

  test('is bounded in threads and frames', () => {
    const thread = (index: number) => `Thread 0x${index.toString(16).padStart(16, '0')} (most recent call first):\n`;
    const frame = '  File "/a.py", line 1 in f\n';
    const [dump] = parseFaultDumps(
      Array.from({length: 1000}, (_, index) => thread(index + 1)).join('') + thread(5000) + frame.repeat(1000),
    );
    expect(dump!.threads.length).toBe(200);
    expect(parseFaultDumps(thread(1) + frame.repeat(1000))[0]!.threads[0]!.frames.length).toBe(200);
  });
});

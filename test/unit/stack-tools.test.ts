import {spawn} from 'node:child_process';
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {afterEach, expect, test, vi} from 'vitest';
import {kernelThreads, kernelWords, type KernelThread} from '../../src/sources/stacks/kernel-threads.ts';
import {externalStacks, takeStacksOf} from '../../src/sources/stacks/ladder.ts';
import {parsePystack} from '../../src/sources/stacks/parse-pystack.ts';
import {parsePySpy} from '../../src/sources/stacks/parse-py-spy.ts';
import {addressOf} from '../../src/sources/stacks/socket-peer.ts';
import {distrusted} from '../../src/sources/stacks/stack-tools.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const fixture = (name: string) => readFileSync(resolve(import.meta.dirname, '../fixtures/stacks', name), 'utf8');
const app = (line: number, func: string) => ({file: '/srv/app/jobs.py', line, func});

afterEach(() => vi.unstubAllEnvs());

test('reads pystack: innermost first, all interpreters of a thread, who holds the interpreter', () => {
  const {threads, culprit} = parsePystack(fixture('pystack-1.7.2.txt'));
  expect(threads.map((one) => [one.tid, one.frames.find((frame) => frame.file.endsWith('jobs.py'))])).toEqual([
    [11425, app(19, 'sub')],
    [11424, app(15, '<lambda>')],
    [11423, app(13, 'meth')],
    [11422, app(10, 'lock')],
    [11421, app(8, 'rec')],
    [11420, app(5, 'busy')],
    [11419, app(23, '<module>')],
  ]);
  expect(culprit).toBe('11420');
  expect(threads[0]!.frames).toHaveLength(11);
  expect(threads[0]!.frames[0]).toEqual({file: '<frozen importlib._bootstrap_external>', line: 1659, func: '_fill_cache'});
  expect(threads[0]!.frames.at(-1)).toMatchObject({func: '_bootstrap'});
});

test('reads pystack of a mod_wsgi daemon; a thread without Python code is none', () => {
  const {threads, culprit} = parsePystack(fixture('pystack-1.7.2-apache.txt'));
  expect(threads.map((one) => [one.ident, one.frames[0]?.func])).toEqual([
    ['9970', 'hold'],
    ['9966', 'application'],
    ['9963', 'serve'],
  ]);
  expect(culprit).toBeUndefined();
});

test('reads py-spy, with idents that are longer than a number is exact', () => {
  const text = fixture('py-spy-0.4.3.json');
  const {threads, culprit} = parsePySpy(text);
  expect(threads).toHaveLength(6);
  const busy = threads.find((one) => one.frames[0]?.func === 'busy')!;
  expect(busy.frames[0]).toEqual(app(busy.frames[0]!.line, 'busy'));
  expect(busy).toMatchObject({name: 'na "me 0 <x>', ident: culprit, tid: expect.any(Number)});
  const longer = parsePySpy(text.replaceAll(/"thread_id": \d+/g, '"thread_id": 18446744073709551615'));
  expect(longer.threads[0]!.ident).toBe('18446744073709551615');
});

test.each([
  ['', 'JSON'],
  ['Error: no', 'JSON'],
  ['{}', 'Expected Array'],
  ['[{"thread_id": 1}]', 'frames'],
])('what is not py-spy is not read as such: %j', (text, words) => {
  expect(() => parsePySpy(text)).toThrow(words);
});

test('nothing is read from what is not pystack', () => {
  expect(parsePystack('    (Python) File "/x.py", line 1, in x\nPermission denied\n')).toEqual({threads: []});
});

const KERNEL: KernelThread = {tid: 7, name: 'x', state: 'S', cpuMs: 5, switches: 3, call: null, target: null, wchan: null};

test.each([
  [{...KERNEL, call: {name: 'recvfrom', kind: 'network', onDescriptor: true}, target: 'socket:[5]'}, 'sleeping in recvfrom (socket:[5])'],
  [{...KERNEL, wchan: 'futex_do_wait'}, 'sleeping in futex_do_wait'],
  [{...KERNEL, state: 'R', cpuMs: 100}, 'running, 95 % of a core'],
  [{...KERNEL, state: 'D'}, 'waiting for a device (cannot be interrupted)'],
] as const)('the kernel in words: %#', (thread, words) => {
  expect(kernelWords(thread, KERNEL, 100)).toBe(words);
});

test.each([
  ['0100007F', '127.0.0.1'],
  ['00000000000000000000000001000000', '[::1]'],
  ['0000000000000000FFFF00000100007F', '127.0.0.1'],
  ['B80D01200000000000000000010000FF', '[2001:db8::ff00:1]'],
])('an address of the kernel is read: %s', (hex, address) => {
  expect(addressOf(hex)).toBe(address);
});

/** A program that reads stacks, as found on PATH. */
function install(name: string, script: string): string {
  const folder = tempDir();
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, {mode: 0o755});
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
  return join(folder, name);
}

test('without such programs, or with one that fails, the kernel is asked, and it is said why', async () => {
  vi.stubEnv('PATH', tempDir());
  const bare = await externalStacks({pid: process.pid});
  expect(bare).toMatchObject({method: 'proc', uncovered: expect.stringContaining('no Python frames')});
  expect(bare.refused.join()).toContain('pip install pystack');
  expect(bare.threads.find((one) => one.tid === process.pid)).toMatchObject({
    frames: [],
    kernel: expect.stringMatching(/running|sleeping/),
  });
  install('pystack', 'echo "Engine error: Operation not permitted" >&2; exit 1');
  expect((await takeStacksOf({pid: process.pid})).uncovered).toMatch(/no Python frames.*pystack: not permitted to trace that process/);
});

test('a program that prints without end, or no JSON, is not waited for', async () => {
  install('pystack', 'while :; do echo 0123456789012345678901234567890123456789012345678901234567890123456789; done');
  const flooded = await externalStacks({pid: process.pid});
  expect(flooded.refused[0]).toBe('pystack: it printed too much');
  install('py-spy', 'echo hello');
  expect((await externalStacks({pid: process.pid})).refused[0]).toBe('py-spy: it printed what is not understood here');
});

test('the stacks of such a program come with source lines, the kernel’s words and their method', async () => {
  const folder = tempDir();
  writeFileSync(join(folder, 'a.py'), 'one\n  two()\n');
  const child = spawn('/bin/sleep', ['30']);
  try {
    await until(
      'the sleeper',
      () => readFileSync(`/proc/${child.pid}/comm`, 'latin1') === 'sleep\n' && kernelThreads(child.pid!)[0]?.state === 'S',
    );
    install(
      'pystack',
      `printf 'Traceback for thread %s (x) [Has the GIL] (most recent call last):\\n    (Python) File "${folder}/a.py", line 2, in f\\n' $3`,
    );
    const capture = await takeStacksOf({pid: child.pid!, id: 9, title: 'mine'});
    expect(capture).toMatchObject({id: 9, pid: child.pid, method: 'pystack', cause: 'asked', title: 'mine', culprit: String(child.pid)});
    expect(capture.threads).toEqual([
      {
        ident: String(child.pid),
        tid: child.pid,
        frames: [{file: join(folder, 'a.py'), line: 2, func: 'f', source: 'two()'}],
        kernel: expect.stringMatching(/^sleeping in /),
      },
    ]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('root runs no program that others could have changed; others run what they like', async () => {
  const asRoot = process.getuid?.() === 0;
  const refused = (path: string) => distrusted(path)?.includes('could have been changed by others') ?? false;
  const program = install('pystack', 'echo');
  expect(distrusted(program)).toBeNull();
  chmodSync(program, 0o777);
  expect(refused(program)).toBe(asRoot);
  expect((await externalStacks({pid: process.pid})).method).toBe(asRoot ? 'proc' : 'pystack');
  chmodSync(program, 0o755);
  const open = join(dirname(program), 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  writeFileSync(join(open, 'py-spy'), '', {mode: 0o755});
  expect(refused(join(open, 'py-spy'))).toBe(asRoot);
});

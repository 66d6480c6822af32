import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test, vi} from 'vitest';
import type {StackCapture} from '../../src/model/stacks.ts';
import {StacksOnDemand} from '../../src/sources/stacks/on-demand.ts';
import {tempDir} from '../support/temp.ts';

let child: ChildProcess | null = null;
afterEach(() => {
  child?.kill('SIGKILL');
  vi.unstubAllEnvs();
});

/** Two processes: this one has an agent, the sleeper has none and is read by a program that counts how often it runs. */
function watch() {
  const folder = tempDir();
  const runs = join(folder, 'runs');
  const text = 'Traceback for thread %s (x) (most recent call last):\\n    (Python) File "/app/a.py", line 2, in f\\n';
  writeFileSync(join(folder, 'pystack'), `#!/bin/sh\necho >>${runs}\nsleep 0.2\nprintf '${text}' $3\n`, {mode: 0o755});
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
  child = spawn('/bin/sleep', ['30']);
  const pid = child.pid!;
  const told: StackCapture = {id: 1, at: 1, pid: process.pid, method: 'agent', cause: 'asked', title: '', threads: []};
  const request = {id: 'r', pid, ident: '77', method: 'GET', url: '/x', startedAt: 5};
  const processes = [process.pid, pid].map((one) => ({pid: one, group: 'shop'}));
  const stacks = new StacksOnDemand({
    hub: {
      takeStacks: (one) => Promise.resolve(one === undefined || one === process.pid ? [told] : []),
      takenBy: (one) => new Map(one === pid ? [[pid, request]] : []),
    },
    processes: () => processes,
    python: null,
    nextCaptureId: () => 2,
  });
  const count = () => (existsSync(runs) ? readFileSync(runs, 'utf8').length : 0);
  return {stacks, pid, count, told, processes};
}

test('who has no agent to ask is read from outside, and its threads are joined to their requests', async () => {
  const {stacks, pid, told} = watch();
  const captures = await stacks.take();
  expect(captures).toHaveLength(2);
  expect(captures).toContain(told);
  expect(captures.find((one) => one.pid === pid)).toMatchObject({
    id: 2,
    method: 'pystack',
    processGroup: 'shop',
    threads: [{tid: pid, request: {id: 'r', method: 'GET', url: '/x', startedAt: 5}}],
  });
  expect(await stacks.take(process.pid)).toEqual([told]);
  expect(await stacks.take(1)).toEqual([]);
});

test('a view that asks every second does not stop the process every second, and nobody reads it twice at once', async () => {
  const {stacks, pid, count} = watch();
  await Promise.all([stacks.take(pid), stacks.live(pid), stacks.take(pid)]);
  expect(count()).toBe(1);
  await stacks.live(pid);
  await stacks.live(pid);
  expect(count()).toBe(1);
  // Whoever asks on purpose gets new ones.
  await stacks.take(pid);
  expect(count()).toBe(2);
  expect(await stacks.live(1)).toBeNull();
});

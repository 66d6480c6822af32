import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {afterEach, describe, expect, test} from 'vitest';
import {readHost} from '../../src/sources/processes/host.ts';
import {isSame, parseStat, readArguments, readProcess, readPss} from '../../src/sources/processes/proc-stat.ts';
import {roleOf} from '../../src/sources/processes/process-role.ts';
import {ProcessSampler} from '../../src/sources/processes/process-sampler.ts';
import {processTree, quickProcessTree} from '../../src/sources/processes/process-tree.ts';

const children: ChildProcess[] = [];

/** A real process under a name of our choice; ready once it has written a line. */
async function start(argv0: string, script: string): Promise<number> {
  const child = spawn('/bin/sh', ['-c', script], {argv0, stdio: ['ignore', 'pipe', 'inherit'], detached: true});
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid!;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    // Its own process group, which this test made: grandchildren end with it.
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // The whole group has ended by itself.
    }
    await ended;
  }
});

describe('one process', () => {
  test('figures of our own process are plausible', () => {
    const own = readProcess(process.pid)!;
    expect(own).toMatchObject({pid: process.pid, ppid: process.ppid});
    expect(own.threads).toBeGreaterThan(1);
    const usage = process.memoryUsage.rss();
    expect(own.rss).toBeGreaterThan(usage * 0.5);
    expect(own.rss).toBeLessThan(usage * 2);
    expect(readPss(process.pid)).toBeGreaterThan(1_000_000);
    expect(readArguments(process.pid).length).toBeGreaterThan(0);
  });

  test('a command name with blanks and brackets does not shift the fields', () => {
    const fields = ['S', 7, 6, 6, 0, -1, 0, 0, 0, 0, 0, 30, 12, 0, 0, 20, 0, 5, 0, 4711, 1000, 3];
    expect(parseStat(`42 (a) b (c) ${fields.join(' ')}\n`)).toMatchObject({
      pid: 42,
      comm: 'a) b (c',
      state: 'S',
      ppid: 7,
      cpuTicks: 42,
      threads: 5,
      startTicks: 4711,
    });
    expect(parseStat('')).toBeNull();
  });

  test('identity is the pid with its start time', async () => {
    const pid = await start('sh', 'echo up; sleep 60');
    const {startTicks} = readProcess(pid)!;
    expect(isSame(pid, startTicks)).toBe(true);
    expect(isSame(pid, startTicks + 1)).toBe(false);
    const child = children[0]!;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isSame(pid, startTicks)).toBe(false);
  });
});

describe('tree and roles', () => {
  test('strangers are not read again, newcomers are found, and an ended stranger is forgotten', async () => {
    const strangers = new Set<number>();
    const other = await start('sh', 'echo up; exec sleep 60');
    const pid = await start('sh', 'trap "sleep 61 &" USR1; echo up; sleep 60 & while true; do wait; done');
    const seen = () => processTree([pid], strangers).filter((stat) => stat.comm === 'sleep').length;
    while (seen() !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([other, process.pid, process.ppid].filter((one) => strangers.has(one))).toEqual([other, process.pid, process.ppid]);
    process.kill(pid, 'SIGUSR1');
    while (seen() !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(processTree([pid], strangers).filter((stat) => strangers.has(stat.pid))).toEqual([]);
    const gone = once(children[0]!, 'exit');
    process.kill(other, 'SIGKILL');
    await gone;
    processTree([pid], strangers);
    expect(strangers.has(other)).toBe(false);
  });

  test('finds grandchildren, by full scan and by lists of children', async () => {
    const pid = await start('sh', 'sh -c "echo up; sleep 60; true"; true');
    // The shell says that it is up before it has started the last one.
    while (processTree([pid]).at(-1)!.comm !== 'sleep') await new Promise((resolve) => setTimeout(resolve, 5));
    for (const tree of [processTree([pid]), quickProcessTree([pid], [])!]) {
      expect(tree[0]!.pid).toBe(pid);
      expect(tree.map((stat) => stat.comm)).toEqual(['sh', 'sh', 'sleep']);
      expect(tree[2]!.ppid).toBe(tree[1]!.pid);
    }
    expect(processTree([])).toEqual([]);
  });

  test('daemons and services by their names, also a name that mod_wsgi had to cut', async () => {
    const known = {supervisor: 1, groups: ['localhost:8000', 'other']};
    const role = async (argv0: string): Promise<unknown> => {
      const pid = await start(argv0, 'echo up; sleep 60; true');
      return roleOf(readProcess(pid)!, known, 'apache');
    };
    expect(await role('(wsgi:localhost:8000)')).toEqual({role: 'daemon', label: 'localhost:8000'});
    expect(await role('(wsgi:shop)      ')).toEqual({role: 'daemon', label: 'shop'});
    expect(await role('(wsgi:localhost:8')).toEqual({role: 'daemon', label: 'localhost:8000'});
    expect(await role('(wsgi:service:mailer)')).toEqual({role: 'service', label: 'mailer'});
    expect(await role('/usr/bin/rotatelogs')).toEqual({role: 'other', label: 'rotatelogs'});
  });

  test('rows with CPU since the reading before', async () => {
    let clock = 0;
    const sampler = new ProcessSampler(() => clock);
    const pid = await start('(wsgi:shop)', 'echo up; while :; do :; done');
    const pids = {supervisor: process.pid};
    expect(sampler.sample(pids)[0]).toMatchObject({role: 'supervisor', pid: process.pid, cpu: 0});
    const before = readProcess(pid)!.cpuTicks;
    let used = 0;
    while (used < 5) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      used = readProcess(pid)!.cpuTicks - before;
    }
    clock += 1000;
    const row = sampler.sample(pids).find((one) => one.pid === pid)!;
    // Five ticks of 10 ms in the second that the clock says: 5 %, and whatever it ran on until it was read.
    expect(row.cpu).toBeGreaterThanOrEqual(5);
    expect(row).toMatchObject({role: 'daemon', label: 'shop', ppid: process.pid, threads: 1});
    expect(Math.abs(row.startedAt - Date.now())).toBeLessThan(60_000);
    process.kill(pid, 'SIGKILL');
    await once(children[0]!, 'exit');
    expect(sampler.sample(pids).map((one) => one.pid)).not.toContain(pid);
  });
});

test('the host has memory and processors', async () => {
  const host = await readHost();
  expect(host.memTotal).toBeGreaterThan(host.memAvailable);
  expect(host.memAvailable).toBeGreaterThan(10_000_000);
  expect(host.cpuCount).toBeGreaterThan(0);
});

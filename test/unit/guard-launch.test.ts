import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {launchGuard, type GuardEnd, type GuardHandle, type GuardLaunch} from '../../src/instance/guard.ts';
import {sweepInstance} from '../../src/instance/guard-sweep.ts';
import {buildGuard, pythonChild} from '../fixtures/guard/guarded.ts';
import {freePort} from '../support/ports.ts';
import {alive, killAll, processInfo, withEnvironment} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

let guardPath: string;
let folder: string;
let log: string;
let mark: string;
let handle: GuardHandle;
let output: string;

beforeAll(() => {
  guardPath = buildGuard();
});

beforeEach(() => {
  folder = tempDir();
  log = join(folder, 'log');
  mark = folder;
});

const left = () => withEnvironment('LAUNCH_TEST', mark);

afterEach(async () => {
  for (let rest = left(); rest.length > 0; rest = left()) await killAll(rest);
});

function launch(
  argv: string[],
  more: {argv0?: string; graceSeconds?: number; env?: NodeJS.ProcessEnv; ports?: GuardLaunch['ports']} = {},
): GuardHandle {
  output = '';
  handle = launchGuard({
    argv,
    ...more,
    env: {PATH: process.env['PATH'], LAUNCH_TEST: mark, ...more.env},
    cwd: folder,
    graceSeconds: more.graceSeconds ?? 10,
    statusFile: join(folder, 'status'),
    cols: 100,
    rows: 30,
    guardPath,
  });
  handle.onOutput((chunk) => (output += chunk.toString('latin1')));
  return handle;
}

const ended = (): Promise<GuardEnd> => new Promise((resolve) => handle.onExit(resolve));
const logged = (line: string) => until(`${line} in the log`, () => readFileSync(log, 'utf8').split('\n').includes(line), 40_000);

test("output, working directory, name, size and the program's own status", async () => {
  launch(['sh', '-c', 'printf "%s|%s|%s|\\377" "$PWD" "$0" "$(stty size <&2)"; exit 5'], {argv0: 'site'});
  const end = await ended();
  expect(end).toMatchObject({exit: {code: 5, signal: null}, meaning: {clean: false}, needsSweep: false});
  expect(output).toBe(`${folder}|site|30 100|\xff`);
});

test('the whole output arrives, also a large last piece, read or not', async () => {
  launch(['python3', '-c', 'import sys; sys.stdout.write("x" * 1_000_000)']);
  await ended();
  expect(output.length).toBe(1_000_000);
});

test("Apache's pid and start are the guard's child's", async () => {
  launch(pythonChild(log));
  const pid = await handle.started();
  expect(handle.apachePid()).toBe(pid);
  expect(processInfo(pid ?? 0)?.ppid).toBe(handle.guardPid);
  await logged(`group ${pid} session ${pid}`);
  expect(statSync(join(folder, 'status')).mode & 0o777).toBe(0o600);
  expect(handle.signal('SIGTERM')).toBe(true);
  const end = await ended();
  expect(end).toMatchObject({exit: {code: 0, signal: null}, meaning: {clean: true, text: 'Apache stopped, as asked'}, needsSweep: false});
  expect(handle.signal('SIGTERM')).toBe(false);
  expect(handle.kill()).toBe(false);
});

test('a restart asked for in the first instant is neither lost nor deadly', async () => {
  launch(pythonChild(log));
  expect(handle.signal('SIGHUP')).toBe(true);
  await logged('got HUP');
  handle.signal('graceful-stop');
  await logged('got WINCH');
  handle.signal('SIGINT');
  expect((await ended()).exit).toEqual({code: 0, signal: null});
});

test('a program that does not exist is an exit, not an exception', async () => {
  launch(['/nowhere/httpd']);
  const end = await ended();
  expect(end).toMatchObject({exit: {code: 127, signal: null}, needsSweep: false});
  expect(end.meaning).toEqual({clean: false, text: 'Apache could not be started: No such file or directory'});
  expect(output).toContain('cannot run /nowhere/httpd');
  expect(await handle.started()).toBe(null);
});

test('the story of an earlier guard in the same place is not taken for this one', async () => {
  writeFileSync(join(folder, 'status'), 'guard 1\nstarted 1 1\nexited 0\n');
  chmodSync(join(folder, 'status'), 0o600);
  launch(['/nowhere/httpd']);
  expect(handle.apachePid()).not.toBe(1);
  expect((await ended()).verdict.apachePid).toBe(null);
});

test('a folder that has the name of the status file is named', () => {
  const folder = tempDir();
  const statusFile = join(folder, 'guard.status');
  mkdirSync(statusFile);
  const place = {argv: ['true'], cwd: folder, env: {}, graceSeconds: 1, cols: 80, rows: 24};
  expect(() => launchGuard({...place, statusFile})).toThrow(new Error(`${statusFile} is a folder; remove it`));
});

test('kill ends everything at once', async () => {
  launch(pythonChild(log, 'ignore=TERM', 'kin'));
  await handle.started();
  await logged('ready');
  expect(handle.kill()).toBe(true);
  const end = await ended();
  expect(end).toMatchObject({exit: {code: null, signal: 'SIGKILL'}, needsSweep: false});
  expect(left()).toEqual([]);
});

test('a guard that was killed is swept up after: the obedient are asked, the rest killed, strays found', async () => {
  launch(pythonChild(log, 'ignore=TERM', 'kin', 'stubborn'), {graceSeconds: 0.3});
  await handle.started();
  await logged('stubborn-ready');
  process.kill(handle.guardPid, 'SIGKILL');
  const end = await ended();
  expect(end).toMatchObject({exit: {code: null, signal: 'SIGKILL'}, needsSweep: true});
  expect(end.meaning.text).toBe('The guard itself was ended by SIGKILL; Apache was stopped with it');
  const before = left().map((info) => info.pid);
  expect(before).toHaveLength(4);
  const result = await handle.sweep();
  expect(result).toMatchObject({checked: true, left: []});
  expect(new Set(result.found)).toEqual(new Set(before));
  expect(result.killed).toContain(handle.apachePid());
  expect(left()).toEqual([]);
});

test("what has taken its mark off is found by Apache's session", async () => {
  launch(['sh', '-c', 'env -i sleep 600 & echo $! >stray; echo there >log; wait']);
  await handle.started();
  await logged('there');
  const stray = processInfo(Number(readFileSync(join(folder, 'stray'), 'utf8')))!;
  try {
    process.kill(handle.guardPid, 'SIGKILL');
    await ended();
    expect((await handle.sweep()).found).toContain(stray.pid);
    expect(alive(stray.pid)).toBe(false);
  } finally {
    await killAll([stray]);
  }
});

test('sweeping does not touch a process that only has the same pid', async () => {
  launch(pythonChild(log));
  const pid = (await handle.started()) ?? 0;
  await logged('ready');
  // As if guard and Apache had started earlier, had ended, and others had got their numbers.
  const stranger = {guardPid: handle.guardPid, guardStart: 1, apachePid: pid, apacheStart: 1, mark: 'NOBODY=1'};
  expect(await sweepInstance(stranger, {graceSeconds: 0})).toEqual({checked: true, found: [], killed: [], left: []});
  expect([pid, handle.guardPid].map(alive)).toEqual([true, true]);
  handle.signal('SIGTERM');
  await ended();
});

test('a listener that comes late still learns the end', async () => {
  launch(['true']);
  await ended();
  expect((await ended()).exit).toEqual({code: 0, signal: null});
});

test('starts nothing while somebody listens on a port', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  try {
    launch(['sh', '-c', 'echo started >log'], {ports: {numbers: [await freePort(), port], six: false}});
    expect(await handle.started()).toBeNull();
    const end = await ended();
    expect(end).toMatchObject({
      exit: {code: 126},
      needsSweep: false,
      meaning: {clean: false, text: expect.stringContaining(`port ${port} is in use`)},
    });
    expect(output).toContain(`port ${port} is in use; nothing was started`);
    expect(existsSync(log)).toBe(false);
  } finally {
    server.close();
  }
  launch(['sh', '-c', 'exit 3'], {ports: {numbers: [port], six: false}});
  expect(await ended()).toMatchObject({exit: {code: 3}});
});

test('who listens on ::1 alone is in the way where that is asked about', {tags: ['ipv6']}, async () => {
  const server = createServer().listen({port: 0, host: '::1', ipv6Only: true});
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  try {
    launch(['sh', '-c', 'exit 3'], {ports: {numbers: [port], six: true}});
    expect(await ended()).toMatchObject({exit: {code: 126}});
    launch(['sh', '-c', 'exit 3'], {ports: {numbers: [port], six: false}});
    expect(await ended()).toMatchObject({exit: {code: 3}});
  } finally {
    server.close();
  }
});

test('somebody who listens and has no room for a connection is in the way too', async () => {
  // A listener that never accepts: with its queue full, a further connection gets no answer.
  const program =
    'import socket,sys,time\ns=socket.socket(); s.bind(("127.0.0.1",0)); s.listen(0); print(s.getsockname()[1], flush=True); time.sleep(60)';
  const listener = spawn('/usr/bin/python3', ['-c', program], {stdio: ['ignore', 'pipe', 'inherit']});
  const clients: Socket[] = [];
  try {
    const [line] = (await once(listener.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    for (let full = false; !full;) {
      const client = connect({host: '127.0.0.1', port});
      clients.push(client);
      full = await Promise.race([once(client, 'connect').then(() => false), sleep(300).then(() => true)]);
      if (clients.length > 20) throw new Error('the queue does not fill');
    }
    launch(['sh', '-c', 'exit 3'], {ports: {numbers: [port], six: false}});
    expect(await ended()).toMatchObject({exit: {code: 126}});
  } finally {
    for (const client of clients) client.destroy();
    await killAll([processInfo(listener.pid!)!]);
  }
});

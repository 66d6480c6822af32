import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {connect, type Socket} from 'node:net';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import type {DeckEvent} from '../../src/model/events.ts';
import {AgentHub, type AgentHubOptions} from '../../src/sources/agent/hub.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

/** This process plays the agent: the hub's own checks on process ids are real. */
const HELLO = {
  type: 'hello',
  v: 1,
  pid: process.pid,
  python: '3.11.2',
  mod_wsgi: [4, 9, 4],
  group: 'app',
  app_group: '',
  threads: 5,
  fault_signal: null,
  load: null,
};
const EMPTY = {type: 'sample', at: 1, busy: 0, threads: 5, requests: [], more: 0, background: [], cost_us: 5};

let hub: AgentHub | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await hub?.close();
  hub = null;
});

async function open(more: Partial<AgentHubOptions> = {}) {
  const folder = tempDir();
  mkdirSync(join(folder, 'run'));
  const events: DeckEvent[] = [];
  const socketPath = join(folder, 'agent.sock');
  const options = {socketPath, runDirectory: join(folder, 'run'), instance: 'test', roots: [folder], now: () => 42};
  hub = new AgentHub({...options, isOurs: (pid) => pid === process.pid, emit: (event) => events.push(event), ...more});
  await hub.start();
  const notice = () => until('a notice', () => events.find((event) => event.type === 'notice' && !event.cleared));
  return {folder, events, socketPath, notice};
}

/** A connection that keeps what it is told and answers each question with `answer`. */
function agent(path: string, answer: ((id: number) => unknown) | null = (id) => ({...EMPTY, id})) {
  const socket = connect(path).on('error', () => {});
  sockets.push(socket);
  const told: {type: string; id: number; stacks: boolean}[] = [];
  const say = (message: unknown) => socket.write(`${JSON.stringify(message)}\n`);
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const message = JSON.parse(line);
      told.push(message);
      if (message.type === 'sample' && answer) say(answer(message.id));
    }
  });
  return {socket, told, say, ended: () => until('the end of the connection', () => socket.destroyed)};
}

test('keeps its socket to its owner and replaces a stale one', async () => {
  const {socketPath} = await open();
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  await hub!.close();
  writeFileSync(socketPath, '');
  await hub!.start();
  expect(statSync(socketPath).isSocket()).toBe(true);
});

test('asks one question at a time, stamps events with its own clock', async () => {
  const {socketPath, events} = await open();
  const peer = agent(socketPath, null);
  peer.say(HELLO);
  await until('the first question', () => peer.told.some((one) => one.type === 'sample'));
  hub!.setCadence(50);
  expect(peer.told.map((one) => one.type)).toEqual(['roots', 'sample']);
  peer.say({...EMPTY, id: 1, busy: 1});
  await until('the second question', () => peer.told.some((one) => one.id === 2));
  expect(events.find((event) => event.type === 'requests')).toMatchObject({at: 42, instance: 'test', pid: process.pid, busy: 1, total: 5});
  expect(hub!.agents().get(process.pid)).toMatchObject({python: '3.11.2'});
});

test.each([
  ['no JSON', 'hello\n', 'no JSON'],
  ['a line without end', 'x'.repeat(1_100_000), 'a line of more than'],
  ['an unknown type', `${JSON.stringify({type: 'rm'})}\n`, 'not in the protocol'],
  ['a sample before the greeting', `${JSON.stringify({...EMPTY, id: 1})}\n`, 'no greeting'],
  ['a process that is not ours', `${JSON.stringify({...HELLO, pid: process.ppid})}\n`, "none of this server's"],
  ['a process that does not exist', `${JSON.stringify({...HELLO, pid: 2 ** 30})}\n`, "none of this server's"],
  ['a fault signal that would kill', `${JSON.stringify({...HELLO, fault_signal: 9})}\n`, 'fault_signal'],
])('hangs up on %s, and says so', async (_, bytes, reason) => {
  const {socketPath, notice} = await open();
  const peer = agent(socketPath);
  peer.socket.write(bytes);
  await peer.ended();
  expect(await notice()).toMatchObject({severity: 'warn', text: expect.stringContaining(reason)});
});

test.each([
  ['an answer nobody asked for', {...EMPTY, id: 7}],
  ['a second greeting', HELLO],
  ['an endless URL', {...EMPTY, id: 1, requests: [{id: 'a', ident: '1', method: 'GET', url: 'x'.repeat(5000), start: 1}]}],
])('hangs up on %s', async (_, message) => {
  const {socketPath, notice} = await open();
  const peer = agent(socketPath, null);
  peer.say(HELLO);
  await until('the first question', () => peer.told.some((one) => one.type === 'sample'));
  peer.say(message);
  await peer.ended();
  expect((await notice()).type).toBe('notice');
});

test('a silent agent that has registered no signal is not signalled', async () => {
  const {socketPath, events} = await open();
  // This very process: a real-time signal would end the test run.
  const peer = agent(socketPath, null);
  peer.say({...HELLO, fault_signal: 40});
  const silent = await until('the reason', () =>
    events.find((event) => event.type === 'agent' && event.detail?.includes('no fault signal')),
  );
  expect(silent).toMatchObject({state: 'silent'});
  expect(await hub!.takeStacks()).toEqual([]);
  peer.say({...EMPTY, id: 1});
  await until('the recovery', () => events.find((event) => event.type === 'agent' && event.state === 'recovered'));
});

test('a newer connection of the same process takes the place of the older', async () => {
  const {socketPath, events} = await open();
  const first = agent(socketPath);
  first.say(HELLO);
  await until('the first', () => events.find((event) => event.type === 'agent'));
  agent(socketPath, (id) => ({...EMPTY, id, stacks: []})).say(HELLO);
  await first.ended();
  expect(await hub!.takeStacks(process.pid)).toMatchObject([{method: 'agent', threads: []}]);
  expect(events.filter((event) => event.type === 'agent').map((event) => event.state)).toEqual(['connected', 'connected']);
});

test('nobody waits for the stacks that an agent keeps to itself', async () => {
  const {socketPath, events, notice} = await open();
  agent(socketPath).say(HELLO);
  await until('the agent', () => events.find((event) => event.type === 'agent'));
  expect(await hub!.takeStacks()).toEqual([]);
  expect(await notice()).toMatchObject({text: expect.stringContaining('without the stacks')});
});

test('joins stacks and requests, and fills in source lines', async () => {
  const {socketPath, folder} = await open();
  const file = join(folder, 'a.py');
  writeFileSync(file, 'def f():\n    work()\n');
  const requests = [{id: 'r1', ident: '11', method: 'GET', url: '/x', start: 5}];
  const stacks = [
    {ident: '11', frames: [[file, 2, 'f']]},
    {ident: '12', name: 'pool', frames: [['/etc', 1, 'g']]},
  ];
  agent(socketPath, (id) => ({...EMPTY, id, busy: 1, requests, stacks})).say(HELLO);
  const capture = await until('stacks', async () => (await hub!.takeStacks())[0]);
  expect(capture).toMatchObject({id: 1, at: 42, pid: process.pid, processGroup: 'app', method: 'agent', cause: 'asked'});
  expect(capture.threads).toEqual([
    {ident: '11', request: {id: 'r1', method: 'GET', url: '/x', startedAt: 5000}, frames: [{file, line: 2, func: 'f', source: 'work()'}]},
    {ident: '12', name: 'pool', frames: [{file: '/etc', line: 1, func: 'g'}]},
  ]);
});

test('removes what processes of an earlier time have left, and follows no links', async () => {
  const {folder} = await open();
  await hub!.close();
  const run = join(folder, 'run');
  writeFileSync(join(run, '4194300.fault'), '');
  symlinkSync('/dev/zero', join(run, '4194301.slots'));
  writeFileSync(join(run, 'keep.txt'), '');
  await hub!.start();
  expect(readdirSync(run)).toEqual(['keep.txt']);
});

test('tells of a crash also when the agent never got through', async () => {
  const {folder, events} = await open();
  const crash =
    'Fatal Python error: Aborted\n\nCurrent thread 0x0000000000000010 (most recent call first):\n  File "/lib/a.py", line 3 in f\n';
  writeFileSync(join(folder, 'run', '4194300.fault'), crash);
  hub!.processExited(4194300);
  expect(events.map((event) => event.type)).toEqual(['restart', 'stacks', 'agent']);
  expect(events[0]).toMatchObject({pid: 4194300, cause: 'crash', text: 'crashed: Aborted at a.py:3 in f'});
  expect(readdirSync(join(folder, 'run'))).toEqual([]);
});

/** A process with five worker threads whose one request holds the interpreter, with the files that it has made before that. */
const HELD = `
import faulthandler, os, struct, sys, threading, time
run = sys.argv[1]
faulthandler.register(40, file=open(f"{run}/{os.getpid()}.fault", "w"), all_threads=True)
ticks = int(open("/proc/self/stat").read().rpartition(")")[2].split()[19])
slot = struct.pack("<QdIIHHHH", threading.get_ident(), time.time(), os.getpid(), 1, 1, 3, 5, 0) + b"aGET/hold"
table = struct.pack("<8sIIQQ32x", b"WDSLOT1\\n", 5, 512, os.getpid(), ticks) + slot.ljust(5 * 512, b"\\0")
open(f"{run}/{os.getpid()}.slots", "wb").write(table)
print("held", flush=True)
sys.stdin.read()
`;

/** The same, but its agent's thread sleeps: nobody waits for the interpreter. */
const FREE = HELD.replace('ticks = ', 'threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nticks = ')
  .replace('32x", b', 'I28x", b')
  .replace('ticks) + slot', 'ticks, threading.enumerate()[1].native_id) + slot');

test('stacks of such a process, when somebody asks, come from the same dump and name the same thread', async () => {
  const {folder, events} = await open({now: () => Date.now() + 5000, isOurs: (pid) => pid === held?.pid});
  const held = spawn('/usr/bin/python3', ['-c', HELD, join(folder, 'run')], {stdio: ['pipe', 'pipe', 'inherit']});
  try {
    await once(held.stdout, 'data');
    const [capture] = await hub!.takeStacks();
    expect(capture).toMatchObject({pid: held.pid, method: 'faulthandler', cause: 'asked'});
    const alarm = events.find((event) => event.type === 'stacks')?.capture;
    expect(alarm).toMatchObject({pid: held.pid, cause: 'wedged', culprit: capture!.culprit});
    expect(alarm!.threads.map((one) => one.frames)).toEqual(capture!.threads.map((one) => one.frames));
    await hub!.unheard(held.pid!);
    await hub!.takeStacks(held.pid);
    expect(events.filter((event) => event.type === 'stacks')).toHaveLength(1);
  } finally {
    held.kill('SIGKILL');
  }
});

test("nobody holds an interpreter that the agent's thread does not wait for", async () => {
  const {folder, events} = await open({now: () => Date.now() + 5000, isOurs: (pid) => pid === free?.pid});
  const free = spawn('/usr/bin/python3', ['-c', FREE, join(folder, 'run')], {stdio: ['pipe', 'pipe', 'inherit']});
  try {
    await once(free.stdout, 'data');
    await hub!.unheard(free.pid!);
    expect(events).toEqual([]);
    // Threads may run: it is not dumped again.
    const size = statSync(join(folder, 'run', `${free.pid}.fault`)).size;
    expect(size).toBeGreaterThan(0);
    expect(await hub!.takeStacks(free.pid)).toEqual([]);
    expect(statSync(join(folder, 'run', `${free.pid}.fault`)).size).toBe(size);
  } finally {
    free.kill('SIGKILL');
  }
});

test('a process that was held before its agent got through has all its threads, not only the held one', async () => {
  const {folder, events} = await open({now: () => Date.now() + 5000});
  const held = spawn('/usr/bin/python3', ['-c', HELD, join(folder, 'run')], {stdio: ['pipe', 'pipe', 'inherit']});
  try {
    await once(held.stdout, 'data');
    await hub!.unheard(held.pid!);
    expect(events.find((event) => event.type === 'requests')).toMatchObject({pid: held.pid, requests: [{url: '/hold'}], busy: 1, total: 5});
  } finally {
    held.kill('SIGKILL');
  }
});

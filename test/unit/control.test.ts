import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, statSync} from 'node:fs';
import {createConnection} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import {jsonLines} from '../../src/control/lines.ts';
import {ControlServer, type Engine} from '../../src/control/server.ts';
import {Bus} from '../../src/instance/bus.ts';
import type {Command} from '../../src/model/commands.ts';

let folder: string;
let path: string;
let bus: Bus;
let server: ControlServer;
let commands: Command[];
let cadence: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wsgideck-control-'));
  path = join(folder, 'control.sock');
  bus = new Bus('shop');
  commands = [];
  cadence = 0;
  const engine: Engine = {
    state: () => bus.state(),
    listen: (listener) => bus.listen(listener),
    command: async (command) => {
      commands.push(command);
      return {ok: true, text: 'done'};
    },
    query: async (query) => {
      if (query.type === 'capture') return null;
      throw new Error('refused');
    },
    setCadence: (ms) => (cadence = ms),
  };
  server = new ControlServer(engine, path);
  await server.start();
});

afterEach(async () => {
  await server.close();
  rmSync(folder, {recursive: true});
});

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('only the owner may use the socket', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a socket left behind by a killed supervisor is no obstacle', async () => {
  await server.close();
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  expect(statSync(path).isSocket()).toBe(true);
  await server.start();
  const deck = await connectDeck(path, {client: 'test'});
  expect(deck.state().name).toBe('shop');
  deck.end();
});

test('a client gets the state, then the events, and arrives at the same state', async () => {
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  const deck = await connectDeck(path, {client: 'test'});
  expect(deck.state().lifecycle.phase).toBe('ready');
  bus.put({type: 'notice', key: 'disk', severity: 'warn', text: 'disk nearly full'});
  await until(() => deck.state().notices.length === 1);
  expect(deck.state()).toEqual(JSON.parse(JSON.stringify(bus.state())));
  deck.end();
});

test('log entries reach a bulk client one by one and a dashboard as a head', async () => {
  const seen: string[] = [];
  const bulk = await connectDeck(path, {client: 'json', bulk: true, onEvent: (event) => seen.push(event.type)});
  const deck = await connectDeck(path, {client: 'dashboard', onEvent: (event) => seen.push(`dashboard ${event.type}`)});
  for (let seq = 1; seq <= 100; seq++) bus.put({type: 'log', entry: {seq, at: seq, source: 'app', level: 'error', text: `line ${seq}`}});
  await until(() => deck.state().log.last === 100 && bulk.state().log.last === 100);
  expect(seen.filter((one) => one === 'log')).toHaveLength(100);
  expect(seen.filter((one) => one.startsWith('dashboard')).length).toBeLessThan(10);
  expect(deck.state().log).toEqual(bus.state().log);
  bulk.end();
  deck.end();
});

test('commands, queries and refusals are answered', async () => {
  const deck = await connectDeck(path, {client: 'test'});
  expect(await deck.send({type: 'stop', now: false})).toEqual({ok: true, text: 'done'});
  expect(commands).toEqual([{type: 'stop', now: false}]);
  expect(await deck.ask({type: 'capture', id: 4})).toBeNull();
  await expect(deck.ask({type: 'source', file: '/etc/shadow', line: 1, context: 3})).rejects.toThrow('refused');
  deck.end();
});

test('a read-only client cannot act', async () => {
  const deck = await connectDeck(path, {client: 'test', readOnly: true});
  expect(await deck.send({type: 'restart', graceful: true})).toMatchObject({ok: false});
  expect(commands).toEqual([]);
  deck.end();
});

test('the shortest wish for samples counts, and goes with its client', async () => {
  const one = await connectDeck(path, {client: 'one'});
  const two = await connectDeck(path, {client: 'two'});
  await one.send({type: 'cadence', ms: 1000});
  await two.send({type: 'cadence', ms: 200});
  expect(cadence).toBe(200);
  two.end();
  await until(() => cadence === 1000);
  one.end();
  await until(() => cadence === 0);
});

test.each([
  ['nonsense', 'hello\n'],
  ['another version', '{"type":"hello","v":99,"client":"x","bulk":false}\n'],
  ['a command before hello', '{"type":"command","id":1,"command":{"type":"reload"}}\n'],
  ['a command with surplus fields', '{"type":"command","id":1,"command":{"type":"signal","pid":-1,"signal":"SIGKILL"}}\n'],
])('%s is refused with a reason and the connection ends', async (_name, text) => {
  const socket = createConnection(path);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write(text);
  await closed;
  expect(JSON.parse(answer)).toMatchObject({type: 'error', text: expect.any(String)});
  expect(commands).toEqual([]);
});

test('a client that stops reading is skipped and catches up with the newest state', async () => {
  const slow = createConnection(path);
  let received = '';
  slow.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  slow.write('{"type":"hello","v":1,"client":"slow","bulk":true}\n');
  await until(() => received.includes('"snapshot"'));
  slow.pause();
  const text = 'x'.repeat(10_000);
  for (let seq = 1; seq <= 2000; seq++) bus.put({type: 'log', entry: {seq, at: seq, source: 'app', level: 'info', text}});
  bus.put({type: 'phase', phase: 'stopping', detail: 'the end'});
  slow.resume();
  await until(() => received.includes('the end'));
  expect(received.length).toBeLessThan(2000 * 10_000);
  slow.destroy();
});

test('the end of the supervisor is told to its clients', async () => {
  const deck = await connectDeck(path, {client: 'test'});
  await server.close();
  await until(() => deck.closed() !== null);
  expect(await deck.send({type: 'reload'})).toEqual({ok: false, text: 'the supervisor has gone'});
});

test('nobody listening is one clear line', async () => {
  await expect(connectDeck(join(folder, 'none.sock'), {client: 'test'})).rejects.toThrow('no supervisor listens there');
});

test('lines are put together from any pieces, and an endless one is refused', () => {
  const values: unknown[] = [];
  const errors: string[] = [];
  const feed = jsonLines(
    (value) => values.push(value),
    (reason) => errors.push(reason),
    100,
  );
  for (const byte of Buffer.from('{"a":"é"}\n\n[1]\n')) feed(Buffer.from([byte]));
  expect(values).toEqual([{a: 'é'}, [1]]);
  feed(Buffer.alloc(101, 'x'));
  feed(Buffer.from('\n[2]\n'));
  expect(values).toHaveLength(2);
  expect(errors).toHaveLength(1);
});

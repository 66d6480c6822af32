import {execFileSync, spawn, type ChildProcess, type StdioOptions} from 'node:child_process';
import {closeSync, constants, openSync, readFileSync, statSync, writeSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {killAll, withEnvironment} from '../support/processes.ts';
import {tempCopy, tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const DEMO = new URL('../../demo', import.meta.url).pathname;
const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
const [debian] = columns();

const MARK = 'FULL_PIPE_TEST';
let folder = '';
const family = () => withEnvironment(MARK, folder);

afterEach(async () => {
  for (let left = family(); left.length > 0; left = family()) await killAll(left);
});

/** Both ends of a pipe in which there is no room, and that nobody reads. */
function fullPipe(): number {
  const path = join(folder, `pipe-${Math.random()}`);
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  expect(() => {
    for (;;) writeSync(fd, Buffer.alloc(4096, 'x'));
  }).toThrow('EAGAIN');
  const blocking = openSync(path, constants.O_RDWR);
  closeSync(fd);
  return blocking;
}

function run(words: string[], stdio: StdioOptions): {child: ChildProcess; ended: () => string | number | null} {
  const child = spawn(process.execPath, [BUNDLE, ...words], {env: {...process.env, ...debian!.env, [MARK]: folder}, stdio, cwd: folder});
  let end: string | number | null = null;
  child.on('exit', (code, signal) => (end = signal ?? code));
  return {child, ended: () => end};
}

async function server(words: string[], stdio: StdioOptions) {
  const port = await freePort();
  const root = join(folder, 'root');
  const app = join(tempCopy(DEMO), 'app.wsgi');
  const place = ['--host', '127.0.0.1', '--port', String(port), '--server-root', root];
  const one = run(['start-server', app, ...place, ...user, ...words], stdio);
  await until('an answer', async () => (await get(`http://127.0.0.1:${port}/health`)).status === 200, 30_000);
  return {...one, port, root};
}

test.each(['--plain', '--json'])('%s into a full pipe: the server serves, and SIGTERM ends it', async (form) => {
  folder = tempDir();
  const pipe = fullPipe();
  const {child, port, ended} = await server([form], ['ignore', pipe, pipe]);
  expect((await get(`http://127.0.0.1:${port}/flood?n=100`)).status).toBe(200);
  child.kill('SIGTERM');
  await until('its end', () => ended() !== null, 15_000);
  expect(ended()).toBe(0);
  expect(family()).toEqual([]);
  closeSync(pipe);
});

test('into a socket that nobody reads any more (as the journal gives one)', async () => {
  folder = tempDir();
  const {child, port, root, ended} = await server(['--json'], ['ignore', 'pipe', 'pipe']);
  child.stdout!.pause();
  // More than any socket of this machine keeps.
  while (statSync(join(root, 'error_log')).size < 3 * 1024 * 1024) await get(`http://127.0.0.1:${port}/flood?n=5000`);
  child.kill('SIGTERM');
  await until('its end', () => ended() !== null, 15_000);
  expect(ended()).toBe(0);
  expect(family()).toEqual([]);
  child.stdout!.destroy();
});

test('a start that is refused ends though nobody reads why', async () => {
  folder = tempDir();
  const pipe = fullPipe();
  const {ended} = run(['start-server', join(folder, 'nowhere.wsgi'), ...user], ['ignore', pipe, pipe]);
  await until('its end', () => ended() !== null, 15_000);
  expect(ended()).toBe(1);
  closeSync(pipe);
});

test('logs --follow into a full pipe: its memory does not grow with the log, and SIGINT ends it', async () => {
  folder = tempDir();
  const deck = await startDeck({app: DEMO, column: debian!, mode: 'json'});
  const pipe = fullPipe();
  const {child, ended} = run(['logs', String(deck.port), '--follow'], ['ignore', pipe, 'inherit']);
  await until('its handlers of signals (Node itself has some for INT and TERM)', () => caught(child.pid!).has(1));
  await deck.get('/flood?n=2000');
  child.kill('SIGINT');
  await until('its end', () => ended() !== null);
  expect(ended()).toBe(0);
  closeSync(pipe);
  // With a reader that leaves it ends as well, by itself.
  const left = run(['logs', String(deck.port), '--follow'], ['ignore', 'pipe', 'inherit']);
  left.child.stdout!.once('data', () => left.child.stdout!.destroy());
  await until('the end of a log without a reader', async () => {
    await deck.get('/flood?n=1');
    return left.ended() !== null;
  });
  expect(left.ended()).toBe(0);
  await deck.stop();
});

/** Numbers of the signals that a process catches. */
function caught(pid: number): Set<number> {
  const mask = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0'}`);
  return new Set(Array.from({length: 64}, (_, index) => index + 1).filter((number) => (mask >> BigInt(number - 1)) & 1n));
}

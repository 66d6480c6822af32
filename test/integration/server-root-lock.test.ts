import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {killAll, processInfo, withEnvironment} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const ENDING = new URL('../fixtures/apps/ending', import.meta.url).pathname;
const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
const [debian] = columns();

const MARK = 'SERVER_ROOT_LOCK_TEST';
let folder = '';
const family = () => withEnvironment(MARK, folder);

afterEach(async () => {
  for (let left = family(); left.length > 0; left = family()) await killAll(left);
});

interface Start {
  child: ChildProcess;
  port: number;
  err: string;
  out: string;
  code: number | string | null;
}

/** A folder with a script and the place of a server root. */
function place(): {script: string; root: string} {
  folder = tempDir();
  const script = join(folder, 'app.wsgi');
  writeFileSync(script, 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"ok"]\n');
  return {script, root: join(folder, 'root')};
}

function start({script, root}: {script: string; root: string}, port: number, words: string[] = ['--plain']): Start {
  const listen = ['--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(process.execPath, [BUNDLE, 'start-server', script, '--server-root', root, ...listen, ...user, ...words], {
    env: {...process.env, ...debian!.env, [MARK]: folder},
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
  });
  const one: Start = {child, port, err: '', out: '', code: null};
  child.stdout.setEncoding('utf8').on('data', (text: string) => (one.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (one.err += text));
  child.on('close', (code, signal) => (one.code = signal ?? code));
  return one;
}

const answers = (port: number) =>
  get(`http://127.0.0.1:${port}/`).then(
    ({status}) => status === 200,
    () => false,
  );

async function stop(one: Start): Promise<void> {
  one.child.kill('SIGTERM');
  await until('the end of the server', () => one.code !== null, 20_000);
  await until('the end of all of it', () => family().length === 0, 20_000);
}

/** Ten starts at once in one server root, each on a port of its own: exactly one may serve. */
async function race(where: {script: string; root: string}): Promise<void> {
  const ports = await Promise.all(Array.from({length: 10}, () => freePort()));
  const all = ports.map((port) => start(where, port));
  await until('nine of ten to end', () => all.filter(({code}) => code !== null).length >= 9, 60_000);
  const winner = all.find(({code}) => code === null);
  const said = `server root in use: wsgideck (pid ${winner?.child.pid}) runs in ${where.root}; stop it first or give another --server-root`;
  for (const one of all.filter((each) => each !== winner))
    expect({code: one.code, err: one.err}).toEqual({code: 1, err: `wsgideck: error: ${said}\n`});
  await until('the winner to answer', () => answers(winner!.port), 30_000);
  expect(readFileSync(join(where.root, 'wsgideck/lock'), 'utf8')).toMatch(new RegExp(`^${winner!.child.pid} \\d+ flock\n$`));
  await stop(winner!);
  expect(existsSync(join(where.root, 'wsgideck/lock'))).toBe(false);
}

test('ten starts at once: one serves, nine say who it is and have changed nothing', async () => {
  const where = place();
  await race(where);
  // Left behind by a supervisor that is dead.
  for (let round = 0; round < 2; round++) {
    writeFileSync(join(where.root, 'wsgideck/lock'), `${spawnSync('true').pid} 4711\n`);
    await race(where);
  }
});

test('ten starts right after kill -9 of the supervisor: what is left of it is waited for', async () => {
  const where = place();
  const killed = start(where, await freePort());
  await until('the first to answer', () => answers(killed.port), 30_000);
  killed.child.kill('SIGKILL');
  await race(where);
});

/** A server that is killed with a request in flight: its guard gives Apache some seconds to stop. */
async function killedAtWork(where: {script: string; root: string}, port: number): Promise<void> {
  const slow = 'import time\ndef application(environ, start_response):\n    if environ["PATH_INFO"] == "/slow":\n';
  const note = `        open("${folder}/slow", "w").close()\n        time.sleep(60)\n`;
  writeFileSync(where.script, `${slow}${note}    start_response("200 OK", [])\n    return [b"ok"]\n`);
  chmodSync(folder, 0o777);
  const killed = start(where, port);
  await until('the first to answer', () => answers(port), 30_000);
  void get(`http://127.0.0.1:${port}/slow`).catch(() => {});
  await until('the request to be in flight', () => existsSync(join(folder, 'slow')));
  killed.child.kill('SIGKILL');
}

test('after kill -9 with a request in flight the next start waits, says so, and serves on the same port', async () => {
  const where = place();
  const port = await freePort();
  await killedAtWork(where, port);
  const next = start(where, port);
  await until('the wait to be told', () => next.err.includes('waiting: '), 20_000);
  expect(next.err).toMatch(
    /^wsgideck: waiting: the supervisor in .*root was killed, and its guard is still stopping Apache \(pid \d+\)\n$/,
  );
  await until(
    'the next to answer',
    () => next.code !== null || (family().some(({ppid}) => ppid === next.child.pid) && answers(port)),
    40_000,
  );
  expect(next.code).toBe(null);
  await stop(next);
});

test('SIGTERM ends a start that waits for what is left of another', async () => {
  const where = place();
  await killedAtWork(where, await freePort());
  const next = start(where, await freePort());
  await until('the wait to be told', () => next.err.includes('waiting: '), 20_000);
  next.child.kill('SIGTERM');
  await until('its end', () => next.code !== null);
  expect(next.err).toMatch(/error: server root in use: the supervisor in .* was killed/);
  await until('the end of all', () => family().length === 0, 40_000);
});

test('numbers that live again as other processes are no reason not to start', async () => {
  const where = place();
  const first = start(where, await freePort());
  await until('the first to answer', () => answers(first.port), 30_000);
  await stop(first);
  const other = await startDeck({app: ENDING, column: debian!, mode: 'json'});
  const {apachePid} = await other.waitEvent('launched', (event) => event.apachePid !== null);
  // This process; and Apache of another server root, which is the same program.
  for (const pid of [process.pid, apachePid!]) {
    writeFileSync(join(where.root, 'httpd.pid'), `${pid}\n`);
    writeFileSync(join(where.root, 'wsgideck/lock'), `${pid} ${processInfo(pid)!.started} flock\n`);
    writeFileSync(join(where.root, 'wsgideck/guard.status'), `guard ${pid}\nstarted ${pid} 1\n`);
    const next = start(where, await freePort());
    await until('an answer', () => next.code !== null || answers(next.port), 30_000);
    expect({code: next.code, err: next.err}).toEqual({code: null, err: ''});
    await stop(next);
  }
  await other.stop();
});

test('a number that lives again while Apache is started again', async () => {
  const deck = await startDeck({app: ENDING, column: debian!, mode: 'json'});
  const {apachePid, guardPid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  process.kill(apachePid!, 'SIGKILL');
  writeFileSync(join(deck.serverRoot, 'httpd.pid'), `${process.pid}\n`);
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid && event.apachePid !== null);
  await until('an answer again', async () => (await deck.get('/')).status === 200, 20_000);
  await deck.stop();
});

test("a pid file elsewhere that is another Apache's is left alone, and named", async () => {
  const other = await startDeck({app: ENDING, column: debian!, mode: 'json'});
  const {apachePid} = await other.waitEvent('launched', (event) => event.apachePid !== null);
  const where = place();
  const pidFile = join(folder, 'pids', 'shared.pid');
  mkdirSync(join(folder, 'pids'));
  writeFileSync(pidFile, `${apachePid}\n`);
  const next = start(where, await freePort(), ['--plain', '--pid-file', pidFile]);
  await until('its end', () => next.code !== null, 30_000);
  expect(next.err).toBe(`wsgideck: error: pid file in use: ${pidFile} is that of Apache (pid ${apachePid}); give another --pid-file\n`);
  expect(readFileSync(pidFile, 'utf8')).toBe(`${apachePid}\n`);
  expect(existsSync(where.root)).toBe(false);
  await other.stop();
});

test('in the background: the lock is handed on, and a second start harms nothing', async () => {
  const where = place();
  const port = await freePort();
  const first = start(where, port, ['--detach']);
  await until('the first to be in the background', () => first.code !== null, 30_000);
  expect(first).toMatchObject({code: 0});
  const supervisor = /supervisor (\d+)/.exec(first.out)![1];
  const output = readFileSync(join(where.root, 'wsgideck/output'), 'utf8');
  const again = start(where, await freePort(), ['--detach']);
  await until('the second to end', () => again.code !== null, 30_000);
  expect({code: again.code, err: again.err}).toEqual({
    code: 1,
    err: `wsgideck: error: server root in use: wsgideck (pid ${supervisor}) runs in ${where.root}; stop it first or give another --server-root\n`,
  });
  expect(readFileSync(join(where.root, 'wsgideck/output'), 'utf8')).toBe(output);
  process.kill(Number(supervisor), 'SIGTERM');
  await until('the end of all', () => family().length === 0, 20_000);
  expect(existsSync(join(where.root, 'wsgideck/lock'))).toBe(false);
});

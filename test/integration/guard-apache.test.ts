import {appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {createConnection} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {launchGuard, type GuardEnd, type GuardHandle} from '../../src/instance/guard.ts';
import {buildGuard, Guarded, ownerCommand} from '../fixtures/guard/guarded.ts';
import {get} from '../support/http.ts';
import {freePort} from '../support/ports.ts';
import {killAll, withEnvironment} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const HTTPD = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';
const FIXTURE = fileURLToPath(new URL('../fixtures/guard/app.wsgi', import.meta.url));

let guardPath: string;
let root: string;
let url: string;
let handle: GuardHandle;
let output: string;
let end: GuardEnd | null;

beforeAll(() => {
  guardPath = buildGuard();
});

/** The smallest server that has everything the guard must deal with: parent, MPM child, and a daemon under another user. */
beforeEach(async () => {
  root = tempDir();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  copyFileSync(FIXTURE, join(root, 'app.wsgi'));
  const user = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : [];
  const lines = [
    `ServerRoot ${root}`,
    'ServerName localhost',
    ...['mpm_event', 'authz_core', 'wsgi'].map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `PidFile ${root}/httpd.pid`,
    `Listen 127.0.0.1:${port}`,
    ...user,
    `ErrorLog ${root}/error_log`,
    'LogLevel warn wsgi:info',
    'WSGIDaemonProcess app processes=1 threads=3',
    'WSGIProcessGroup app',
    'WSGIApplicationGroup %{GLOBAL}',
    `WSGIScriptAlias / ${root}/app.wsgi`,
    `WSGISocketPrefix ${root}/wsgi`,
    `<Directory ${root}>`,
    'Require all granted',
    '</Directory>',
  ];
  writeFileSync(join(root, 'httpd.conf'), lines.join('\n') + '\n');
});

const httpd = (): string[] => [HTTPD, '-f', join(root, 'httpd.conf'), '-DFOREGROUND'];
const left = () => withEnvironment('GUARD_APACHE', root);
const log = (): string => readFileSync(join(root, 'error_log'), 'utf8');

afterEach(async () => {
  for (let rest = left(); rest.length > 0; rest = left()) await killAll(rest);
});

async function start(graceSeconds = 20, meanwhile?: () => void, more: {guardPath?: string; shutdownSeconds?: number} = {}): Promise<void> {
  output = '';
  end = null;
  handle = launchGuard({
    argv: httpd(),
    env: {PATH: process.env['PATH'], LANG: 'C.UTF-8', GUARD_APACHE: root},
    cwd: root,
    graceSeconds,
    statusFile: join(root, 'status'),
    cols: 80,
    rows: 24,
    guardPath,
    ...more,
  });
  handle.onOutput((chunk) => (output += chunk.toString()));
  const mine = handle;
  handle.onExit((how) => {
    if (mine === handle) end = how; // not that of an earlier test
  });
  meanwhile?.();
  await answers();
}

const answers = async (): Promise<boolean> => {
  const first = await until('an answer', async () => end ?? ((await get(url, {timeout: 3000})).status === 200 || null));
  if (first !== true) throw new Error(`Apache ended before it answered: ${first.meaning.text}`);
  return first;
};

const over = (): Promise<GuardEnd> => until('the end of the guard', () => end, 40_000);
const refused = (): Promise<boolean> =>
  new Promise((resolve) => {
    const port = Number(new URL(url).port);
    const socket = createConnection({port, host: '127.0.0.1'}, () => resolve(false) === undefined && socket.destroy());
    socket.on('error', () => resolve(true));
  });

/** Sends a request that takes so many seconds, and waits until the application works on it. */
async function slowRequest(seconds: number): Promise<{answer: Promise<{status: number}>}> {
  const answer = get(`${url}/?${seconds}`, {timeout: 60_000});
  answer.catch(() => undefined); // looked at later, or cut on purpose
  await until('the application to work', () => log().includes(`working for ${seconds}`));
  return {answer};
}

test('TERM stops it: nothing is left, the port is free, the status is 0', async () => {
  await start();
  expect(left().length).toBeGreaterThanOrEqual(4);
  handle.signal('SIGTERM');
  expect(await over()).toMatchObject({exit: {code: 0, signal: null}, meaning: {clean: true, text: 'Apache stopped, as asked'}});
  expect(left()).toEqual([]);
  expect(existsSync(join(root, 'httpd.pid'))).toBe(false);
  expect(await refused()).toBe(true);
});

test("kill -9 of Apache's parent: daemon and MPM child do not live on", async () => {
  await start();
  process.kill(handle.apachePid() ?? 0, 'SIGKILL');
  const how = await over();
  expect(how).toMatchObject({exit: {code: null, signal: 'SIGKILL'}, meaning: {clean: false}, needsSweep: false});
  expect(how.verdict.orphans).toBeGreaterThanOrEqual(2);
  expect(left()).toEqual([]);
  expect(await refused()).toBe(true);
});

test('kill -9 of the guard: Apache stops, and the sweep finds nothing left', async () => {
  await start();
  process.kill(handle.guardPid, 'SIGKILL');
  expect((await over()).needsSweep).toBe(true);
  expect(await handle.sweep()).toMatchObject({checked: true, killed: [], left: []});
  expect(left()).toEqual([]);
  expect(log()).toContain('caught SIGTERM, shutting down');
});

test('a storm of WINCH during requests harms none', async () => {
  await start();
  const apache = handle.apachePid();
  let storm = true;
  const storming = (async () => {
    for (let sent = 0; storm || sent < 200; sent++) {
      process.kill(handle.guardPid, 'SIGWINCH');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const daemons = new Set<string>();
  for (let round = 0; round < 40; round++) {
    for (const reply of await Promise.all([get(url), get(`${url}/?0.02`), get(url)])) {
      expect(reply.status).toBe(200);
      daemons.add(reply.body);
    }
  }
  storm = false;
  await storming;
  expect(daemons.size).toBe(1);
  expect(handle.apachePid()).toBe(apache);
  expect(end).toBe(null);
  expect(log()).not.toContain('SIGWINCH');
});

test('graceful stop: a request of two seconds is finished, new ones are refused', async () => {
  await start();
  const {answer} = await slowRequest(2);
  handle.signal('graceful-stop');
  await until('the port to be closed', refused);
  expect((await answer).status).toBe(200);
  expect(await over()).toMatchObject({exit: {code: 0, signal: null}, meaning: {clean: true}});
  expect(log()).toContain('caught SIGWINCH, shutting down gracefully');
  expect(left()).toEqual([]);
});

test('HUP restarts: a new daemon answers under the same parent', async () => {
  await start();
  const before = (await get(url)).body;
  const apache = handle.apachePid();
  handle.signal('SIGHUP');
  await until('another daemon', async () => (await get(url, {timeout: 5000})).body !== before, 40_000);
  expect(log()).toContain('SIGHUP received');
  expect(handle.apachePid()).toBe(apache);
  expect(end).toBe(null);
});

test('USR1 restarts gracefully', async () => {
  await start();
  const before = (await get(url)).body;
  handle.signal('SIGUSR1');
  await until('another daemon', async () => (await get(url, {timeout: 5000})).body !== before, 40_000);
  expect(end).toBe(null);
});

test('a restart in the first instant does not keep it from starting', async () => {
  await start(20, () => handle.signal('SIGHUP'));
  await until('the restart', () => log().includes('SIGHUP received'));
  expect(await answers()).toBe(true);
});

test.each(['tty', 'plain'] as const)('%s: the terminal hangs up, or its owner is killed, and Apache stops', async (mode) => {
  const run = new Guarded((self) => [...ownerCommand(mode), guardPath, '--status', self.statusFile, '--grace', '20', '--', ...httpd()], {
    GUARD_APACHE: root,
  });
  await until('an answer', async () => (await get(url, {timeout: 3000})).status === 200);
  if (mode === 'tty') run.process.stdin?.write('close\n');
  else process.kill(run.pid, 'SIGKILL');
  await until('everything to end', () => left().length === 0, 40_000);
  expect(run.status()).toEqual(['guard', 'started', mode === 'tty' ? 'hangup' : 'parent-died', 'exited 0']);
  // Stopped, not restarted.
  expect(log()).toContain('caught SIGTERM');
  expect(log()).not.toContain('SIGHUP');
  expect(existsSync(join(root, 'httpd.pid'))).toBe(false);
});

test('a request that does not end: after the grace time everything is killed', async () => {
  await start(1);
  await slowRequest(50);
  handle.signal('SIGTERM');
  const how = await over();
  expect(how).toMatchObject({exit: {code: null, signal: 'SIGKILL'}, verdict: {killedAfterGrace: true}, meaning: {clean: false}});
  expect(left()).toEqual([]);
});

test('an Apache that refuses to start: its own words and its own status', async () => {
  appendFileSync(join(root, 'httpd.conf'), 'Nonsense\n');
  await expect(start()).rejects.toThrow('Apache ended before it answered');
  const how = await over();
  expect(how).toMatchObject({exit: {code: 1, signal: null}, meaning: {clean: false}, needsSweep: false});
  expect(output).toContain("Invalid command 'Nonsense'");
});

test('where the kernel does not let the guard close the port, Apache does it', async () => {
  await start(20, undefined, {guardPath: buildGuard('all', 'EXTRA_DEFS=-DGUARD_NO_GETFD'), shutdownSeconds: 5});
  const {answer} = await slowRequest(50);
  handle.signal('SIGTERM');
  await until('the port to be closed', refused, 1500);
  expect(end).toBe(null);
  expect(await over()).toMatchObject({exit: {code: 0, signal: null}, verdict: {killedAfterGrace: false}, meaning: {clean: true}});
  await answer.catch(() => null);
  expect(left()).toEqual([]);
});

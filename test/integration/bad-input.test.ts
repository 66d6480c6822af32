import {spawn} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join, resolve} from 'node:path';
import {beforeEach, expect, test} from 'vitest';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {tempDir} from '../support/temp.ts';
import {startDeck} from '../support/deck.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const [debian] = columns();
const asRoot = process.getuid?.() === 0;
const user = asRoot ? ['--user', 'www-data', '--group', 'www-data'] : [];

let folder: string;
let script: string;
let root: string;

beforeEach(() => {
  folder = tempDir();
  chmodSync(folder, 0o755);
  script = join(folder, 'app.wsgi');
  root = join(folder, 'root');
  writeFileSync(script, 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"ok"]\n');
});

interface End {
  code: number | null;
  out: string;
  err: string;
}

/** Runs wsgideck to its end; for command lines that must not start a server. */
function run(args: string[], env: Record<string, string | undefined> = {}): Promise<End> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [BUNDLE, ...args], {
      env: {...process.env, ...debian!.env, ...env},
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
    child.on('close', (code) => done({code, out, err}));
  });
}

async function start(...args: string[]): Promise<End> {
  const port = args.includes('--port') ? [] : ['--port', String(await freePort())];
  return run(['start-server', script, '--host', '127.0.0.1', '--server-root', root, ...port, ...user, ...args]);
}

/** One line of ours on standard error, none on standard output, nothing left behind. */
function refused({code, out, err}: End, words: RegExp): void {
  expect(err).toMatch(words);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect(err).toMatch(/^wsgideck: error: /);
  expect(out).toBe('');
  expect(code).toBeGreaterThan(0);
  expect(existsSync(root) ? readdirSync(root) : []).toEqual([]);
}

test('a misspelt option names the right one', async () => {
  refused(await start('--request-timout', '5'), /--request-timeout/);
});

test.each([
  [['--threads', '0'], /threads/],
  [['--processes', '-1'], /processes/],
  [['--port', 'http'], /port/],
  [['--port', '70000'], /port/],
  [['--request-timeout', 'soon'], /request-timeout/],
  [['--setenv', 'ONLY'], /setenv/],
  [['--log-level', 'loud'], /log-level/],
  [['--https-port', '8443'], /https-port/],
  [['--include-file', '/none/such.conf'], /such\.conf/],
  [['--working-directory', '/none/such'], /none\/such/],
] as const)('%j is refused', async (args, words) => {
  refused(await start(...args), words);
});

test('a port in use is refused, naming who has it', async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const {port} = taken.address() as {port: number};
  refused(await start('--port', String(port)), new RegExp(`port ${port} .*in use`));
  await new Promise((done) => taken.close(done));
});

test('a missing script', async () => {
  script = join(folder, 'none.wsgi');
  refused(await start(), /none\.wsgi/);
});

test('a syntax error is named with file and line', async () => {
  writeFileSync(script, 'def application(environ, start_response:\n    pass\n');
  refused(await start(), /app\.wsgi, line 1:/);
});

test('a script without the callable', async () => {
  writeFileSync(script, 'app = None\n');
  refused(await start(), /application/);
});

test('with reloading, a syntax error is a warning: the server starts and is mended by a save', async () => {
  const app = tempDir();
  writeFileSync(join(app, 'app.wsgi'), 'def application(environ, start_response:\n');
  const deck = await startDeck({app, column: debian!, mode: 'json', args: ['--reload-on-changes']});
  expect((await deck.get('/')).status).toBe(500);
  const notice = await deck.waitEvent('notice', (event) => /app\.wsgi, line 1:/.test(event.text));
  expect(notice.severity).toBe('warn');
  await deck.waitEvent('phase', (event) => event.phase === 'degraded');
  writeFileSync(
    join(deck.appDir, 'app.wsgi'),
    'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"mended"]\n',
  );
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  expect((await deck.get('/')).body).toBe('mended');
  await deck.stop();
});

test('a server root whose socket names would be too long says how to cure it', async () => {
  root = join(folder, 'x'.repeat(60), 'y'.repeat(60));
  refused(await start(), /--socket-prefix/);
});

test('a server root in use by a living instance is refused, and the instance lives on', async () => {
  const deck = await startDeck({app: folder, column: debian!, mode: 'json'});
  root = deck.serverRoot;
  const {code, err} = await start();
  expect(code).toBeGreaterThan(0);
  expect(err).toMatch(/^wsgideck: error: .*in use/);
  expect((await deck.get('/')).status).toBe(200);
  await deck.stop();
});

test('root without --user', {tags: ['root']}, async () => {
  refused(await run(['start-server', script, '--server-root', root, '--port', String(await freePort())]), /--user/);
});

test('a script that the run user may not read names the folder in the way', {tags: ['root']}, async () => {
  const hidden = join(folder, 'private');
  mkdirSync(hidden, {mode: 0o700});
  script = join(hidden, 'app.wsgi');
  writeFileSync(script, 'def application(e, s): pass\n');
  refused(await start(), /private/);
});

test('an unknown user', async () => {
  refused(
    await run(['start-server', script, '--server-root', root, '--user', 'nobody-of-that-name', '--port', String(await freePort())]),
    /nobody-of-that-name/,
  );
});

test('Apache or mod_wsgi missing names the command that installs it', async () => {
  const end = await run(['start-server', script, '--server-root', root, ...user, '--httpd-executable', '/none/httpd']);
  refused(end, /httpd/);
});

test('a command that does not exist', async () => {
  const {code, err} = await run(['start-sever']);
  expect(code).toBe(2);
  expect(err).toMatch(/^wsgideck: error: .*start-sever/);
});

import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import {express, folderOf, newest, OLDER, olderExpress, ready, startOriginal} from '../fixtures/run/original.ts';
import {until} from '../support/wait.ts';

let older: string;
beforeAll(async () => {
  older = await olderExpress();
}, 300_000);

test('the original is seen as it is: what it set up, requests, processes, logs; the end leaves nothing of ours but the evidence', async () => {
  const deck = await startOriginal({args: ['--threads', '3', '--processes', '2', '--request-timeout', '30']});
  await ready(deck);
  const {info} = await deck.waitEvent('instance');
  expect(info).toMatchObject({
    url: `http://127.0.0.1:${deck.port}/`,
    serverRoot: deck.serverRoot,
    processGroup: `127.0.0.1:${deck.port}`,
    projectRoot: deck.appDir,
    modWsgi: newest.version,
    mpm: 'event',
    processes: 2,
    threads: 3,
    requestTimeout: 30,
    errorLog: join(deck.serverRoot, 'error_log'),
  });
  expect(info.apache).toMatch(/^2\.4\./);
  expect(info.python).toMatch(/^3\./);
  const slow = deck.get('/slow?s=3', {timeout: 20_000});
  const seen = await deck.waitEvent('requests', (event) => event.requests.some((one) => one.at !== undefined));
  expect(seen.requests[0]).toMatchObject({url: '/slow?s=3', at: expect.stringMatching(/^shop\/\w+\.py:\d+ in /) as string});
  expect((await slow).status).toBe(200);
  await deck.waitEvent('log', (event) => event.entry.access?.url === '/slow?s=3');
  // Daemons have their names, and Apache its child, a moment after the start.
  const {rows} = await deck.waitEvent('processes', (event) => {
    const roles = event.rows.map((row) => row.role);
    return roles.filter((role) => role === 'daemon').length === 2 && roles.includes('child');
  });
  expect(new Set(rows.map((row) => row.role))).toEqual(new Set(['supervisor', 'guard', 'apache', 'daemon', 'child']));
  const folder = folderOf(deck);
  expect(existsSync(folder)).toBe(true);
  expect(await deck.stop()).toEqual({code: 0, signal: null});
  expect(existsSync(folder)).toBe(false);
  expect(readdirSync(join(deck.serverRoot, 'wsgideck'))).toEqual(['incidents', 'recording']);
});

test('an exception has its whole traceback, which the original loses in its log', async () => {
  const deck = await startOriginal();
  await ready(deck);
  expect((await deck.get('/error')).status).toBe(500);
  const exception = await deck.waitEvent('exception', (event) => event.request === 'GET /error');
  expect(exception.traceback.join('\n')).toMatch(/shop\/checkout\.py", line \d+/);
  expect(exception.file).toBe(join(deck.appDir, 'shop/checkout.py'));
  await deck.stop();
});

test('an interpreter that is held is named from outside, with the line', async () => {
  const deck = await startOriginal();
  await ready(deck);
  const held = deck.get('/gil?s=6', {timeout: 30_000});
  const {detail} = await deck.waitEvent('agent', (event) => event.state === 'wedged');
  expect(detail).toMatch(/holds the interpreter: shop\/fraud\.py:\d+/);
  expect((await held).status).toBe(200);
  await deck.stop();
});

test.each([
  ['6.x', () => express],
  [OLDER, () => older],
])('a request timeout: the dump is joined to its request, and the restart has its reason (%s)', async (_, program) => {
  const deck = await startOriginal({program: program(), args: ['--request-timeout', '3', '--threads', '1', '--shutdown-timeout', '2']});
  await ready(deck);
  const hanging = deck.get('/hang', {timeout: 60_000}).then(
    ({status}) => status,
    () => 0,
  );
  const {capture} = await deck.waitEvent('stacks', (event) => event.capture.method === 'mod_wsgi');
  expect(capture.title).toMatch(/^request timeout: GET \/hang after \d/);
  const thread = capture.threads.find((one) => one.request?.url === '/hang');
  expect(thread?.frames.some((frame) => frame.file.endsWith('shop/gateway.py'))).toBe(true);
  const restart = await deck.waitEvent('restart', (event) => event.cause === 'request-timeout');
  expect(restart.text).toBe('a request ran longer than request-timeout');
  expect(await hanging).not.toBe(200);
  await deck.stop();
});

test('logs on the terminal (--log-to-terminal) are read all the same, none twice', async () => {
  const deck = await startOriginal({args: ['--log-to-terminal', '--access-log']});
  await ready(deck);
  await deck.get('/error');
  await deck.waitEvent('log', (event) => event.entry.access?.url === '/error');
  await deck.waitEvent('log', (event) => event.entry.source === 'error' && event.entry.code === 'AH00489');
  await deck.waitEvent('log', (event) => event.entry.text.includes('Error') && event.entry.pid !== undefined);
  await deck.stop();
  const mentions = deck
    .events()
    .filter((event) => event.type === 'log' && event.entry.text.includes('GET /error') && event.entry.source !== 'access');
  expect(mentions).toEqual([]);
});

test('a log of an earlier run in the same server root is not shown again', async () => {
  const first = await startOriginal();
  await ready(first);
  await first.get('/error');
  await first.waitEvent('exception');
  await first.stop();
  const second = await startOriginal({args: ['--server-root', first.serverRoot]});
  await ready(second);
  await second.waitEvent('log', (event) => event.entry.code === 'AH00489');
  expect(second.events().filter((event) => event.type === 'log' && event.entry.kind === 'traceback')).toEqual([]);
  expect(readFileSync(join(first.serverRoot, 'error_log'), 'utf8')).toContain('exception raised');
  await second.stop();
});

test('a supervisor that is stopped holds up no request, not even one that fills the terminal it logs to', async () => {
  const deck = await startOriginal({args: ['--log-to-terminal', '--access-log']});
  await ready(deck);
  deck.signal('SIGSTOP');
  try {
    // Some megabytes: many times what a terminal or pipe takes before its writer has to wait.
    for (let n = 0; n < 5; n++) expect((await deck.get('/flood?n=5000', {timeout: 20_000})).status).toBe(200);
  } finally {
    deck.signal('SIGCONT');
  }
  await deck.stop();
});

test('rotated logs are followed from one file to the next', async () => {
  const deck = await startOriginal({args: ['--rotate-logs', '--max-log-size', '1']});
  await ready(deck);
  const written = () => readdirSync(deck.serverRoot).filter((name) => name.startsWith('error_log.')).length;
  await deck.waitEvent('log', (event) => event.entry.code === 'AH00489');
  // A megabyte and more: rotatelogs begins another file, with the second of that moment in its name.
  await until('a second log file', () => deck.get('/flood?n=3000', {timeout: 30_000}).then(() => written() > 1), 30_000);
  await deck.get('/error');
  await deck.waitEvent('log', (event) => event.entry.kind === 'traceback');
  const skipped = deck.events().filter((event) => event.type === 'notice' && event.key.startsWith('follow'));
  expect(skipped).toEqual([]);
  await deck.stop();
});

test.each([
  ['the original itself', []],
  ['a launcher that waits for it', ['timeout', '600']],
])('a graceful stop lets the request in flight finish, with status 0: %s', async (_, launcher) => {
  const deck = await startOriginal({launcher});
  await ready(deck);
  // `wsgideck attach SERVER-ROOT` finds it here, as with a server of ours.
  const control = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {client: 'test'});
  const slow = deck.get('/slow?s=3', {timeout: 30_000});
  await deck.waitEvent('requests', (event) => event.requests.length > 0);
  expect(await control.send({type: 'stop', now: false})).toMatchObject({ok: true});
  expect((await slow).status).toBe(200);
  expect(await deck.waitExit()).toEqual({code: 0, signal: null});
  await deck.waitGone();
  control.end();
  expect(readFileSync(join(deck.serverRoot, 'error_log'), 'utf8')).toContain('AH00492');
});

test.each([
  ['the original itself', []],
  ['a launcher that waits for it', ['timeout', '600']],
])('HUP and USR1 restart Apache, WINCH does nothing, TERM ends it with status 0: %s', async (_, launcher) => {
  const deck = await startOriginal({launcher});
  const apache = await ready(deck);
  const {rows} = await deck.waitEvent('processes', (event) => event.rows.some((row) => row.pid === apache));
  expect(rows.find((row) => row.pid === apache)?.role).toBe('apache');
  expect(rows.filter((row) => row.role === 'other').map((row) => row.label)).toEqual(launcher.slice(0, 1));
  for (const [name, code] of [
    ['SIGHUP', 'AH00494'],
    ['SIGUSR1', 'AH00493'],
  ] as const) {
    const times = () => deck.events().filter((event) => event.type === 'phase' && event.phase === 'ready').length;
    const before = times();
    deck.signal(name);
    await deck.waitEvent('log', (event) => event.entry.code === code);
    await expect.poll(times, {timeout: 60_000}).toBeGreaterThan(before);
  }
  for (let n = 0; n < 50; n++) deck.signal('SIGWINCH');
  expect((await deck.get('/health')).status).toBe(200);
  expect(deck.processes().some((one) => one.pid === apache)).toBe(true);
  expect(await deck.stop()).toEqual({code: 0, signal: null});
});

test('a reload by hand puts a new daemon in the place of the old one', async () => {
  const deck = await startOriginal();
  await ready(deck);
  const control = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {client: 'test'});
  const {pid} = await deck.waitEvent('agent', (event) => event.state === 'connected');
  expect(await control.send({type: 'reload'})).toMatchObject({ok: true});
  await deck.waitEvent('reload', (event) => event.reload.status === 'done');
  await deck.waitEvent('agent', (event) => event.state === 'connected' && event.pid !== pid);
  control.end();
  await deck.stop();
});

test('embedded mode has no process for the agent: said, and everything else works', async () => {
  const deck = await startOriginal({args: ['--embedded-mode']});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  await deck.waitEvent('notice', (event) => event.text.includes('in embedded mode there is no daemon process'));
  await deck.waitEvent('log', (event) => event.entry.access !== undefined);
  expect(await deck.stop()).toEqual({code: 0, signal: null});
});

import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {CALLERS, SetUp} from '../fixtures/setup/server-root.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {alive} from '../support/processes.ts';
import {until} from '../support/wait.ts';

const cases = columns().flatMap((column) => CALLERS.map((caller) => [column.name, caller.name, column, caller] as const));

describe.each(cases)('mod_wsgi %s, %s', (_version, _name, column, caller) => {
  const runUser = caller.args.length > 0 ? /uid (?!0\b)\d+, alone/ : new RegExp(`uid ${caller.uid}, alone`);

  test('configtest, start, status, graceful, restart, stop', async () => {
    const server = await SetUp.make(column, caller);
    server.setUp();
    expect(server.apachectl('configtest')).toEqual({status: 0, stdout: '', stderr: 'Syntax OK\n'});
    expect(server.apachectl('status')).toMatchObject({status: 3, stdout: `not running: http://127.0.0.1:${server.port}/\n`});

    expect(server.apachectl('start')).toEqual({status: 0, stdout: '', stderr: ''});
    expect((await server.answer('/log')).body).toMatch(runUser);
    const pid = await server.pid();
    expect(server.apachectl('status')).toMatchObject({status: 0, stdout: `running: pid ${pid}, http://127.0.0.1:${server.port}/\n`});
    await until('the application in the error log', () => server.read('error_log').includes('seen by the application'));

    for (const [word, notice] of [
      ['graceful', 'AH00493'],
      ['restart', 'AH00494'],
    ] as const) {
      expect(server.apachectl(word)).toEqual({status: 0, stdout: '', stderr: ''});
      await until(`${notice} in the error log`, () => server.read('error_log').includes(notice));
      expect((await server.answer()).body).toMatch(runUser);
      expect(await server.pid()).toBe(pid);
    }

    expect(server.apachectl('stop')).toEqual({status: 0, stdout: '', stderr: ''});
    await until('the last process to go', () => server.processes().length === 0);
    expect(existsSync(join(server.root, 'httpd.pid'))).toBe(false);
    // What only a supervisor would read, and keep short, has not been written.
    expect(statSync(join(server.root, 'wsgideck', 'access.log')).size).toBe(0);
    expect(server.apachectl('status').status).toBe(3);
  });
});

const [column] = columns() as [ReturnType<typeof columns>[number]];

test('graceful-stop lets requests end', async () => {
  const server = await SetUp.make(column);
  const source = [
    'import sys, time',
    'def application(environ, start):',
    '    if environ["PATH_INFO"] == "/slow":',
    '        print("has begun", file=sys.stderr)',
    '        time.sleep(1)',
    '    start("200 OK", [])',
    '    return [b"done"]',
  ];
  writeFileSync(server.script, `${source.join('\n')}\n`);
  server.setUp();
  server.apachectl('start');
  await server.answer();
  const slow = server.get('/slow');
  await until('the request to be served', () => server.read('error_log').includes('has begun'));
  expect(server.apachectl('graceful-stop').status).toBe(0);
  expect((await slow).body).toBe('done');
  await until('the last process to go', () => server.processes().length === 0);
});

test('further arguments reach httpd, and so do unknown words', async () => {
  const server = await SetUp.make(column);
  server.setUp();
  expect(server.apachectl('-t', '-D', 'DUMP_MODULES').stdout).toContain('wsgi_module (shared)');
  expect(server.apachectl('-v').stdout).toMatch(/^Server version: Apache\/2\.4/);
  expect(server.apachectl().stderr).toContain('-k start|restart|graceful|graceful-stop|stop');
  expect(server.apachectl('-k', 'nonsense').status).not.toBe(0);
  // -DFOREGROUND keeps it in this process, which is what service managers want.
  const child = spawn(join(server.root, 'apachectl'), ['start', '-DFOREGROUND'], {stdio: 'ignore'});
  await server.answer();
  expect(await server.pid()).toBe(child.pid);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  expect(server.apachectl('stop').status).toBe(0);
  expect(await ended).toBe(0);
});

test.each(['/bin/bash', '/bin/sh'])('works with %s, and in a place of any name', async (shell) => {
  const server = await SetUp.make(column);
  const root = join(server.folder, `it's "a" $PLACE`);
  const working = join(server.folder, 'where; it works');
  mkdirSync(working, {mode: 0o755});
  expect(server.setUp('--server-root', root, '--shell-executable', shell, '--working-directory', working)).toMatchObject({
    status: 0,
    stderr: '',
  });
  const apachectl = (word: string) => server.run(join(root, 'apachectl'), [word], {PATH: '/usr/sbin:/usr/bin:/bin'});
  expect(readFileSync(join(root, 'apachectl'), 'utf8').split('\n')[0]).toBe(`#!${shell}`);
  expect(apachectl('status').status).toBe(3);
  expect(apachectl('start')).toEqual({status: 0, stdout: '', stderr: ''});
  await server.answer();
  expect(apachectl('status')).toMatchObject({status: 0, stderr: ''});
  expect(apachectl('graceful')).toEqual({status: 0, stdout: '', stderr: ''});
  expect(apachectl('stop')).toEqual({status: 0, stdout: '', stderr: ''});
  await server.refused();
});

test('envvars is read before Apache starts, --envvars-script in its place', async () => {
  const server = await SetUp.make(column);
  const body =
    'import os\ndef application(environ, start):\n    start("200 OK", [])\n    return [os.environ.get("SHOP", "none").encode()]\n';
  writeFileSync(server.script, body);
  server.setUp();
  writeFileSync(join(server.root, 'envvars'), 'export SHOP="open today"\n');
  server.apachectl('start');
  expect((await server.answer()).body).toBe('open today');
  server.apachectl('stop');
  await server.refused();
  const other = join(server.folder, 'other');
  writeFileSync(other, 'SHOP=other; export SHOP\n');
  server.setUp('--envvars-script', other);
  server.apachectl('start');
  expect((await server.answer()).body).toBe('other');
});

test('is set up anew while it runs, and takes the new settings at the next graceful restart', async () => {
  const server = await SetUp.make(column);
  server.setUp();
  server.apachectl('start');
  await server.answer();
  expect(server.setUp('--setenv', 'DECK_NEW', 'yes', '--mount-point', '/new')).toMatchObject({status: 0, stderr: ''});
  expect(server.apachectl('graceful').status).toBe(0);
  await until('the new mount point', async () => (await server.get('/')).status === 404 && (await server.get('/new')).status === 200);
});

test('a failing start says why and fails', async () => {
  const server = await SetUp.make(column);
  server.setUp();
  server.apachectl('start');
  await server.answer();
  expect(server.apachectl('start')).toMatchObject({status: 0, stdout: expect.stringMatching(/^httpd \(pid \d+\) already running/)});
  const second = await SetUp.make(column);
  second.setUp('--port', String(server.port));
  const done = second.apachectl('start');
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('Address already in use');
  writeFileSync(join(second.root, 'envvars'), '');
  writeFileSync(join(second.root, 'rewrite.conf'), 'NoSuchDirective\n');
  expect(second.apachectl('configtest')).toMatchObject({status: 1, stderr: expect.stringContaining('NoSuchDirective')});
  expect(second.apachectl('graceful').status).toBe(1);
});

test('a pid file whose number belongs to somebody else does not keep it from starting, and stop does not hurt him', async () => {
  const server = await SetUp.make(column);
  server.setUp();
  const stranger = spawn('sleep', ['60'], {stdio: 'ignore'});
  try {
    writeFileSync(join(server.root, 'httpd.pid'), `${stranger.pid}\n`);
    expect(server.apachectl('status').status).toBe(3);
    expect(server.apachectl('stop').status).toBe(0);
    expect(alive(stranger.pid!)).toBe(true);
    writeFileSync(join(server.root, 'httpd.pid'), `${stranger.pid}\n`);
    expect(server.apachectl('start')).toMatchObject({status: 0, stdout: ''});
    await server.answer();
    expect(await server.pid()).not.toBe(stranger.pid);
    expect(alive(stranger.pid!)).toBe(true);
  } finally {
    stranger.kill('SIGKILL');
  }
});

describe('together with wsgideck', () => {
  test('what apachectl has started is not started a second time by wsgideck', async () => {
    const server = await SetUp.make(column);
    server.setUp();
    server.apachectl('start');
    await server.answer();
    const pid = await server.pid();
    const place = ['--host', '127.0.0.1', '--port', String(server.port), '--server-root', server.root];
    const done = server.command('start-server', server.script, ...place, ...server.caller.args, '--plain');
    expect(done).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`server root in use: Apache (pid ${pid}) runs in ${server.root}`),
    });
    expect((await server.get('/')).status).toBe(200);
  });

  test('what wsgideck runs is not started a second time, restarts at a word, and stop ends both', async () => {
    const deck = await startDeck({app: 'agent', column});
    const tool = await SetUp.make(column);
    const apachectl = (...words: string[]) => tool.run(join(deck.serverRoot, 'apachectl'), words);
    expect(apachectl('start')).toMatchObject({status: 1, stderr: expect.stringContaining(`wsgideck (pid ${deck.pid}) runs this server`)});
    expect(apachectl('status').stdout).toContain(`under wsgideck (pid ${deck.pid})`);
    expect(apachectl('graceful').status).toBe(0);
    await until('the graceful restart', () => readFileSync(join(deck.serverRoot, 'error_log'), 'utf8').includes('AH00493'));
    expect((await deck.waitAnswer()).status).toBe(200);
    expect(deck.exit()).toBe(null);
    expect(apachectl('stop').status).toBe(0);
    expect(await deck.waitExit()).toMatchObject({code: 0});
    await deck.waitGone();
  });

  test('the lock of a wsgideck that is gone is no obstacle', async () => {
    const server = await SetUp.make(column);
    server.setUp();
    // Our own number, but another start time: it has been used again since.
    writeFileSync(join(server.root, 'wsgideck', 'lock'), `${process.pid} 1\n`);
    expect(server.apachectl('start')).toMatchObject({status: 0, stderr: ''});
    await server.answer();
    expect(server.apachectl('status').stdout).not.toContain('wsgideck (pid');
    expect(server.apachectl('stop').status).toBe(0);
    await server.refused();
  });
});

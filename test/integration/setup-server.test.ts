import {existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {CALLERS, SetUp} from '../fixtures/setup/server-root.ts';
import {columns} from '../support/mod-wsgi.ts';

const [column] = columns() as [ReturnType<typeof columns>[number]];

describe.each(CALLERS.map((caller) => [caller.name, caller] as const))('setup-server %s', (_, caller) => {
  test('writes the server root, says where everything is, and starts nothing', async () => {
    const server = await SetUp.make(column, caller);
    const done = server.setUp();
    expect(done).toMatchObject({status: 0, stderr: ''});
    const rows = done.stdout.trimEnd().split('\n');
    for (const row of rows) expect(row).toMatch(/^.{19}: ./);
    expect(rows.map((row) => row.slice(0, 19).trimEnd())).toEqual([
      'Server URL',
      'Server Root',
      'Server Conf',
      'Error Log File',
      'Rewrite Rules',
      'Environ Variables',
      'Control Script',
      'Operating Mode',
      'Request Capacity',
      'Request Timeout',
      'Startup Timeout',
      'Queue Backlog',
      'Queue Timeout',
      'Server Capacity',
      'Server Backlog',
      'Locale Setting',
    ]);
    expect(done.stdout).toContain(`Control Script     : ${server.root}/apachectl\n`);
    const names = ['apachectl', 'envvars', 'handler.wsgi', 'htdocs', 'httpd.conf', 'python-eggs', 'rewrite.conf'];
    expect(readdirSync(server.root)).toEqual(expect.arrayContaining(names));
    expect(existsSync(join(server.root, 'wsgideck', 'lock'))).toBe(false);
    expect(server.processes()).toEqual([]);
    await expect(server.get('/')).rejects.toThrow('ECONNREFUSED');
  });

  test('belongs to the caller, and shows nothing to others', async () => {
    const server = await SetUp.make(column, caller);
    server.setUp();
    expect(statSync(server.root).uid).toBe(caller.uid);
    const open = readdirSync(server.root, {recursive: true, encoding: 'utf8'})
      .map((name) => join(server.root, name))
      .filter((path) => (statSync(path).mode & 0o007) !== 0);
    expect(open).toEqual([]);
    expect(statSync(join(server.root, 'apachectl')).mode & 0o777).toBe(0o700);
    expect(statSync(join(server.root, 'httpd.conf')).mode & 0o077).toBe(0);
  });
});

test('keeps what a user may have filled in, and writes the rest anew', async () => {
  const server = await SetUp.make(column);
  server.setUp();
  for (const name of ['envvars', 'rewrite.conf', 'httpd.conf']) writeFileSync(join(server.root, name), '# mine\n');
  expect(server.setUp('--threads', '7').status).toBe(0);
  expect(server.read('envvars')).toBe('# mine\n');
  expect(server.read('rewrite.conf')).toBe('# mine\n');
  expect(server.read('httpd.conf')).toContain('threads=7');
});

test('start-server --setup-only does the same', async () => {
  const server = await SetUp.make(column);
  const words = ['--host', '127.0.0.1', '--port', String(server.port), '--server-root', server.root, ...server.caller.args];
  const done = server.command('start-server', server.script, '--setup-only', ...words);
  expect(done).toMatchObject({status: 0, stderr: '', stdout: server.setUp().stdout});
  expect(server.processes()).toEqual([]);
});

test('an application that is not there yet is a warning: it may come before the start', async () => {
  const server = await SetUp.make(column);
  rmSync(server.script);
  const done = server.setUp();
  expect(done.status).toBe(0);
  expect(done.stderr).toBe(`wsgideck: warning: script not found: there is no file ${server.script}; correct the path\n`);
  expect(existsSync(join(server.root, 'apachectl'))).toBe(true);
});

test('a mistake is one line, writes nothing, and shows in the exit status', async () => {
  const server = await SetUp.make(column);
  expect(server.setUp('--no-such-option')).toMatchObject({status: 2, stdout: '', stderr: expect.stringMatching(/^wsgideck: error: .*\n$/)});
  expect(server.setUp('--user', 'nobody-of-that-name')).toMatchObject({status: 1, stdout: ''});
  expect(server.setUp('--document-root', join(server.folder, 'missing'))).toMatchObject({status: 1, stdout: ''});
  expect(existsSync(server.root)).toBe(false);
  mkdirSync(server.root);
  writeFileSync(join(server.root, 'precious'), '');
  const done = server.setUp();
  expect(done).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining('server root holds other files')});
  expect(readdirSync(server.root)).toEqual(['precious']);
});

test('called without a command, or with one that does not exist, it says so and fails', async () => {
  const server = await SetUp.make(column);
  expect(server.command()).toMatchObject({status: 2, stdout: expect.stringContaining('setup-server')});
  expect(server.command('setup-sever')).toMatchObject({status: 2, stderr: expect.stringContaining('did you mean setup-server?')});
  const help = server.command('--help');
  expect(help.status).toBe(0);
  expect(Math.max(...help.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

import {spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {CALLERS, SetUp} from '../fixtures/setup/server-root.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const cases = columns().flatMap((column) => CALLERS.map((caller) => [column.name, caller.name, column, caller] as const));
const [debian] = columns();

const COMBINED = /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/log HTTP\/1\.1" 200 \d+ "-" "[^"]*"$/m;
const PRINTED = /^\[[^\]]+\] \[wsgi:error\] \[pid .*seen by the application$/m;

/** A program with its two streams apart. */
function streams(file: string, args: string[], options: {cwd: string; uid?: number; gid?: number}) {
  const child = spawn(file, args, {...options, stdio: ['ignore', 'pipe', 'pipe']});
  const printed = {out: '', err: ''};
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.err += text));
  return {child, printed, ended: new Promise<number | null>((resolve) => child.once('close', resolve))};
}

describe.each(cases)('setup-server, mod_wsgi %s, %s', (_, _name, column, caller) => {
  test('apachectl start -DFOREGROUND prints both logs, as a container wants it, and writes no files', async () => {
    const server = await SetUp.make(column, caller);
    const words = ['--log-to-terminal', '--access-log', '--access-log-format', 'combined', '--rotate-logs', '--startup-log'];
    const place = ['--host', '127.0.0.1', '--port', String(server.port), '--server-root', server.root, ...caller.args];
    // On pipes, as in a container; what a test has are sockets, which cannot be opened by name.
    const done = server.run(
      '/bin/sh',
      ['-c', '"$@" 2>&1 | cat', 'sh', 'mod_wsgi-express', 'setup-server', server.script, ...place, ...words],
      {
        PATH: `${server.bin}:/usr/sbin:/usr/bin:/bin`,
      },
    );
    expect(done.stdout).toMatch(
      /^Error Log File {5}: \/dev\/stderr \(warn\)\nAccess Log File {4}: \/dev\/stdout\nStartup Log File {3}: \/dev\/stderr$/m,
    );
    const own = caller.uid === process.getuid?.() ? {} : {uid: caller.uid, gid: caller.gid};
    const line = `{ "${server.root}/apachectl" start -DFOREGROUND 2>&1 1>&3 | cat >&2; } 3>&1 | cat`;
    const {child, printed, ended} = streams('/bin/sh', ['-c', line], {...own, cwd: server.folder});
    await server.answer('/log');
    await until('the access line', () => COMBINED.test(printed.out));
    await until('the error log', () => PRINTED.test(printed.err));
    expect(printed.out).not.toMatch(PRINTED);
    expect(printed.err).not.toMatch(COMBINED);
    for (const name of ['error_log', 'access_log', 'startup_log']) expect(existsSync(join(server.root, name))).toBe(false);
    expect(server.apachectl('stop').status).toBe(0);
    expect(await ended).toBe(0);
    expect(child.exitCode).toBe(0);
  });
});

test('--log-directory wins, as with the original', async () => {
  const server = await SetUp.make(debian!);
  expect(server.setUp('--log-to-terminal', '--access-log', '--log-directory', server.folder).stdout).toContain(
    `Access Log File    : ${server.folder}/access_log\n`,
  );
  expect(readFileSync(join(server.root, 'httpd.conf'), 'utf8')).not.toContain('/dev/std');
});

describe.each(columns().map((column) => [column.version, column] as const))('start-server, mod_wsgi %s', (_, column) => {
  test('prints the lines as Apache writes them: access on the standard output, errors on the standard error', async () => {
    const deck = await startDeck({
      app: 'log-to-terminal',
      column,
      args: ['--log-to-terminal', '--access-log', '--access-log-format', 'combined'],
    });
    await deck.get('/log');
    await until('the access line', () => COMBINED.test(deck.stdout()));
    await until('the error log', () => PRINTED.test(deck.stderr()));
    await until('ready', () => /deck +ready/.test(deck.stderr()));
    const {code} = await deck.stop();
    expect(code).toBe(0);
    expect(deck.stdout()).toMatch(/^Server URL/);
    // Nothing but the banner and the access log.
    const others = deck
      .stdout()
      .split('\n')
      .filter((line) => line !== '' && !/^.{19}: /.test(line) && !line.startsWith('127.0.0.1 - - ['));
    expect(others).toEqual([]);
    expect(deck.stderr()).not.toMatch(COMBINED);
    // What only we have asked for.
    expect(deck.stderr()).not.toContain('[wsgi:info]');
    expect(readFileSync(join(deck.serverRoot, 'error_log'), 'utf8')).toContain('[wsgi:info]');
  });
});

test('start-server with mod_wsgi at info: those lines are asked for', async () => {
  const deck = await startDeck({app: 'log-to-terminal', column: debian!, args: ['--log-to-terminal', '--log-level', 'info']});
  await until('a line of mod_wsgi', () => deck.stderr().includes('[wsgi:info]'));
  // Without --access-log there is none.
  expect(deck.stdout()).not.toContain('GET /');
  await deck.stop();
});

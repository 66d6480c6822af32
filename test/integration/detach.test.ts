import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import {join, resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import {newestDjango} from '../fixtures/django/environments.ts';
import {startProject} from '../fixtures/django/project.ts';
import {AS_USER} from '../fixtures/express/server.ts';
import {command} from '../support/command.ts';
import {startDeck, type DeckOptions, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {processInfo} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {KEY, Tty} from '../support/tty.ts';
import {until} from '../support/wait.ts';

const column = columns()[0]!;
const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');

/** A server in the background; its deck's own process is the command that has come back. */
async function detached(options: Partial<DeckOptions> = {}): Promise<{deck: RunningDeck; supervisor: number}> {
  const {args = [], ...rest} = options;
  const deck = await startDeck({app: 'options', column, probe: null, args: ['--detach', ...args], ...rest});
  expect(await deck.waitExit(), deck.output()).toEqual({code: 0, signal: null});
  const [, pid = ''] = /in the background \(supervisor (\d+)\)/.exec(deck.output()) ?? [];
  return {deck, supervisor: Number(pid)};
}

const tty = (words: string[]) => new Tty(process.execPath, [BUNDLE, ...words], {cols: 100, rows: 30});

test('comes back with the first answer; the supervisor goes on in a session of its own', async () => {
  const {deck, supervisor} = await detached();
  // No waiting here: it has been answered.
  expect((await deck.get('/about')).status).toBe(200);
  expect(deck.output()).toContain(`options serves http://127.0.0.1:${deck.port}/ in the background`);
  expect(deck.output()).toContain(`wsgideck attach ${deck.port}`);
  const info = processInfo(supervisor);
  expect(info).toMatchObject({pgid: supervisor});
  const [, , , session, terminal] = readFileSync(`/proc/${supervisor}/stat`, 'utf8').split(') ')[1]!.split(' ');
  expect([session, terminal]).toEqual([String(supervisor), '0']);
  await until('the line', () => /deck +ready\n/.test(readFileSync(join(deck.serverRoot, 'wsgideck/output'), 'utf8')));
  const again = await command(['start-server', join(deck.appDir, 'app.wsgi'), '--server-root', deck.serverRoot, '--detach']);
  expect(again).toMatchObject({status: 1, stdout: '', stderr: expect.stringMatching(/^wsgideck: error: server root in use: [^\n]*\n$/)});
  expect(await command(['stop', String(deck.port)])).toMatchObject({status: 0, stderr: ''});
  await deck.waitGone();
  expect(readFileSync(join(deck.serverRoot, 'wsgideck/output'), 'utf8')).toMatch(/deck +stopped\n$/);
});

test('is not touched when the terminal it was started on is closed', async () => {
  const deck = await startDeck({app: 'options', column, probe: null, mode: 'tty', args: ['--detach']});
  await deck.tty.waitFor(/in the background/);
  deck.tty.dispose();
  expect((await deck.get('/about')).status).toBe(200);
  expect(await command(['stop', deck.serverRoot, '--now'])).toMatchObject({status: 0});
  await deck.waitGone();
});

describe('a start that comes to nothing', () => {
  const start = (folder: string, ...words: string[]) =>
    command(['start-server', 'app.wsgi', '--server-root', join(folder, 'root'), '--host', '127.0.0.1', ...AS_USER, '--detach', ...words], {
      cwd: folder,
      env: column.env,
    });
  const folderWith = (script: string): string => {
    const folder = tempDir();
    writeFileSync(join(folder, 'app.wsgi'), script);
    return folder;
  };

  test('says why, as in the foreground, and leaves nothing', async () => {
    const folder = folderWith('def application(:\n');
    const done = await start(folder, '--port', String(await freePort()));
    expect(done).toMatchObject({status: 1, stdout: '', stderr: expect.stringMatching(/^wsgideck: error: syntax error in [^\n]*\n$/)});
    expect(existsSync(join(folder, 'root'))).toBe(false);
  });

  test('names the port that is in use', async () => {
    const folder = folderWith('def application(environ, start): ...\n');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const done = await start(folder, '--port', String((server.address() as AddressInfo).port));
    server.close();
    expect(done).toMatchObject({status: 1, stdout: '', stderr: expect.stringMatching(/^wsgideck: error: port \d+ is in use: [^\n]*\n$/)});
    expect(existsSync(join(folder, 'root'))).toBe(false);
  });

  test("repeats Apache's own words", async () => {
    const folder = folderWith('def application(environ, start): ...\n');
    writeFileSync(join(folder, 'more.conf'), 'Nonsense here\n');
    const done = await start(folder, '--port', String(await freePort()), '--include-file', 'more.conf');
    expect(done).toMatchObject({status: 1, stdout: ''});
    expect(done.stderr).toMatch(/Invalid command 'Nonsense'[^\n]*\nwsgideck: error: Apache did not start: [^\n]*\n$/);
    expect(await command(['status', join(folder, 'root')])).toMatchObject({status: 1});
  });

  test('ends by ctrl-c while the first answer is waited for', async () => {
    const deck = await startDeck({
      app: folderWith('import time\ntime.sleep(300)\ndef application(environ, start): ...\n'),
      column,
      probe: null,
      mode: 'tty',
      args: ['--detach', '--shutdown-timeout', '1'],
    });
    const socket = join(deck.serverRoot, 'wsgideck/control.sock');
    await until('the supervisor in the background', () => existsSync(socket));
    deck.tty.press(KEY.ctrlC);
    expect((await deck.waitExit()).code).not.toBe(0);
    await deck.waitGone(20_000);
  });

  test('a supervisor that does not obey is killed, and its guard ends Apache', async () => {
    const deck = await startDeck({
      app: folderWith('import time\ntime.sleep(300)\ndef application(environ, start): ...\n'),
      column,
      probe: null,
      args: ['--detach', '--shutdown-timeout', '1'],
    });
    const lock = join(deck.serverRoot, 'wsgideck/lock');
    await until('the supervisor in the background', () => existsSync(join(deck.serverRoot, 'wsgideck/control.sock')));
    const supervisor = Number(readFileSync(lock, 'utf8').split(' ')[0]);
    expect(supervisor).not.toBe(deck.pid);
    process.kill(supervisor, 'SIGSTOP');
    deck.signal('SIGTERM');
    expect((await deck.waitExit()).code).toBe(1);
    expect(deck.output()).toContain(`the supervisor (pid ${supervisor}) has not ended within 4 s; it is killed, and its guard ends Apache`);
    await deck.waitGone(30_000);
  });

  // Mounting takes root.
  test('on a full disk says so, although Apache has no room for its own words', {tags: ['root']}, async () => {
    const disk = tempDir();
    chmodSync(disk, 0o755);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=0755', 'tmpfs', disk]);
    try {
      const folder = folderWith('def application(environ, start): ...\n');
      // Fills the disk once the server root is written, and ends Apache, as a pid file that has no room does.
      writeFileSync(join(folder, 'fill.sh'), `cat /dev/zero > ${join(disk, 'filler')} 2>/dev/null\nexit 1\n`);
      const words = ['--port', String(await freePort()), '--server-root', join(disk, 'root'), '--envvars-script', join(folder, 'fill.sh')];
      const done = await command(['start-server', join(folder, 'app.wsgi'), '--host', '127.0.0.1', ...AS_USER, '--detach', ...words], {
        env: column.env,
      });
      expect(done).toMatchObject({status: 1, stdout: ''});
      expect(done.stderr).not.toContain('its own output says why');
      expect(done.stderr).toMatch(
        /wsgideck: error: [^\n]*the disk is full: \d+ KiB left for [^\n]*; free some room there, or give a --server-root on another one\n$/,
      );
    } finally {
      execFileSync('umount', ['--lazy', disk]);
    }
  });

  test('takes --json for the mistake that it is: nobody would read it', async () => {
    const done = await start(folderWith(''), '--json');
    expect(done).toMatchObject({status: 1, stdout: ''});
    expect(done.stderr).toMatch(/--detach[^\n]*--json/);
  });
});

test('runmodwsgi: a Django project in the background, static files collected once', async () => {
  const django = await newestDjango();
  const settings = ['STATIC_ROOT = BASE_DIR / "static"', 'ALLOWED_HOSTS = ["*"]'];
  const app = startProject(django.python, settings);
  const args = ['--probe-path', '/admin/login/', '--collectstatic'];
  const {deck} = await detached({app, column: django, command: ['runmodwsgi'], args});
  expect((await deck.get('/admin/login/')).status).toBe(200);
  expect(deck.output().match(/collectstatic: /g)).toHaveLength(1);
  expect(readFileSync(join(deck.serverRoot, 'wsgideck/output'), 'utf8')).not.toContain('collectstatic');
  expect(await command(['stop', String(deck.port)])).toMatchObject({status: 0});
  await deck.waitGone();
}, 300_000);

test('two screens on it: one leaves, the other stays', async () => {
  const {deck} = await detached();
  using first = tty(['attach', String(deck.port)]);
  using second = tty(['attach', deck.serverRoot]);
  await Promise.all([first, second].map((one) => one.waitFor(/Overview/)));
  first.press('q');
  expect(await first.waitExit()).toMatchObject({exitCode: 0});
  await deck.get('/about?after-the-first-has-left');
  second.press('4');
  await second.waitFor(/after-the-first-has-left/);
  expect(second.exit).toBeNull();
  second.press(KEY.ctrlC);
  expect(await second.waitExit()).toMatchObject({exitCode: 0});
  expect((await deck.get('/about')).status).toBe(200);
  expect(await command(['stop', String(deck.port)])).toMatchObject({status: 0});
});

import {execFileSync} from 'node:child_process';
import {existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {roomIn} from '../../src/instance/disk-room.ts';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {killAll, processInfo} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const ENDING = new URL('../fixtures/apps/ending', import.meta.url).pathname;
const asRoot = process.getuid?.() === 0;
const user = asRoot ? ['--user', 'www-data', '--group', 'www-data'] : [];
const [debian] = columns();
const mounts: string[] = [];

afterEach(() => {
  for (const path of mounts.splice(0)) execFileSync('umount', ['--lazy', path]);
});

const told = (deck: RunningDeck, key: string) => deck.waitEvent('notice', (event) => event.key === key && event.cleared !== true);
const takenBack = (deck: RunningDeck, key: string) => deck.waitEvent('notice', (event) => event.key === key && event.cleared === true);
const connected = (deck: RunningDeck) =>
  deck
    .events()
    .filter((event) => event.type === 'agent' && event.state === 'connected')
    .map((event) => (event as {pid: number}).pid);

/** A server that is ready, and whose ground is watched. */
async function readyDeck(options: Omit<Parameters<typeof startDeck>[0], 'app' | 'mode'>): Promise<RunningDeck> {
  const deck = await startDeck({app: ENDING, mode: 'json', ...options});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  await until('its agent', () => connected(deck).length > 0);
  return deck;
}

/** Has the daemon process replaced; settles with the pid of the next one whose agent has got through. */
async function nextAgent(deck: RunningDeck): Promise<number> {
  const before = new Set(connected(deck));
  await deck.get('/end/0').catch(() => null);
  return until('the agent of a new process', () => connected(deck).find((pid) => !before.has(pid)), 20_000);
}

describe.each(columns())('what we are known by ($name)', (column) => {
  test('sockets and lock that are deleted are there again within seconds; commands and agents find us', async () => {
    const view = asRoot ? ['--view-group', 'www-data'] : [];
    const deck = await readyDeck({column, args: view});
    const folder = join(deck.serverRoot, 'wsgideck');
    const ours = readdirSync(folder).filter((name) => name.endsWith('.sock') || name === 'lock');
    expect(ours).toEqual(expect.arrayContaining(['agent.sock', 'control.sock', 'lock', ...(asRoot ? ['view.sock'] : [])]));
    const looks = () => ours.map((name) => [name, lstatSync(join(folder, name)).mode, lstatSync(join(folder, name)).gid]);
    const before = looks();
    for (const name of ours) rmSync(join(folder, name));
    // The supervisor may look between two of them, and tell of the rest at its next look.
    const {remedy} = await told(deck, 'sockets');
    expect(remedy).toContain('systemd-tmpfiles');
    const texts = () => deck.events().flatMap((event) => (event.type === 'notice' && event.key === 'sockets' ? [event.text] : []));
    for (const text of [
      /the lock.* had been deleted and (?:is|are) there again/,
      /control socket.* had been deleted and (?:is|are) there again/,
    ])
      await until(String(text), () => texts().some((one) => text.test(one)));
    await until('all of them', () => ours.every((name) => existsSync(join(folder, name))));
    expect(looks()).toEqual(before);
    expect((await command(['status', String(deck.port)])).stdout).toContain('had been deleted');
    await nextAgent(deck);
    expect((await deck.stop()).code).toBe(0);
    expect(ours.filter((name) => existsSync(join(folder, name)))).toEqual([]);
  });
});

test('the whole folder of ours is deleted: it is made anew, commands work, and no other start takes the server root', async () => {
  const deck = await readyDeck({column: debian!});
  const folder = join(deck.serverRoot, 'wsgideck');
  const {mode, uid, gid} = lstatSync(folder);
  // In one step: we write there all the time.
  renameSync(folder, `${folder}.away`);
  await told(deck, 'sockets');
  expect(lstatSync(folder)).toMatchObject({mode, uid, gid});
  expect((await command(['status', deck.serverRoot])).stdout).toContain('the folder');
  const words = [join(deck.appDir, 'app.wsgi'), '--server-root', deck.serverRoot, '--port', String(await freePort()), ...user, '--plain'];
  const second = await command(['start-server', ...words], {env: debian!.env, cwd: deck.appDir});
  expect(second.stderr).toBe(
    `wsgideck: error: server root in use: wsgideck (pid ${deck.pid}) runs in ${deck.serverRoot}; stop it first or give another --server-root\n`,
  );
  expect((await command(['stop', deck.serverRoot])).status).toBe(0);
  await deck.waitExit();
  await deck.waitGone();
});

test.each(columns())('the sockets of the daemon processes are deleted: said with the cure, which works ($name)', async (column) => {
  const deck = await readyDeck({column});
  const sockets = readdirSync(deck.serverRoot).filter((name) => name.endsWith('.sock'));
  expect(sockets.length).toBeGreaterThan(0);
  for (const name of sockets) rmSync(join(deck.serverRoot, name));
  const {text, remedy} = await told(deck, 'daemon-socket');
  expect(text).toContain(join(deck.serverRoot, sockets[0]!));
  expect(remedy).toContain('wsgideck restart');
  expect((await deck.get('/')).status).toBe(503);
  expect((await command(['restart', String(deck.port)])).status).toBe(0);
  await until('pages again', async () => (await deck.get('/')).status === 200, 20_000);
  await takenBack(deck, 'daemon-socket');
  await deck.stop();
});

test('a log that became a folder is said before a restart, which is refused', async () => {
  const deck = await readyDeck({column: debian!});
  const log = join(deck.serverRoot, 'error_log');
  renameSync(log, `${log}.1`);
  mkdirSync(log);
  const {text, remedy} = await told(deck, 'log-place error log');
  expect(text).toBe(
    `the error log is a folder by now: ${log}; Apache writes on into the file that was there, and could not start with this`,
  );
  expect(remedy).toContain(`mv ${log} ${log}.away`);
  const refused = await command(['restart', String(deck.port)]);
  expect(refused.status).toBe(1);
  expect(refused.stderr + refused.stdout).toContain('not restarted, because Apache would not come back: the error log is a folder');
  // A signal asks for the same.
  deck.signal('SIGHUP');
  await until('the second refusal', () => deck.events().filter((event) => event.type === 'notice' && event.key === 'restart').length > 1);
  expect((await deck.get('/')).status).toBe(200);
  rmdirSync(log);
  // Apache still has the file that was renamed.
  await deck.waitEvent('notice', (event) => event.key === 'log-place error log' && event.text.includes('deleted or renamed'));
  expect((await command(['restart', String(deck.port)])).status).toBe(0);
  await until('a new error log', () => existsSync(log));
  await takenBack(deck, 'log-place error log');
  await takenBack(deck, 'restart');
  expect(lstatSync(log).isFile()).toBe(true);
  await deck.stop();
});

test('the folder of the logs is removed; a log becomes a named pipe', async () => {
  const logs = join(tempDir(), 'logs');
  mkdirSync(logs);
  const deck = await readyDeck({column: debian!, args: ['--log-directory', logs, '--access-log']});
  renameSync(join(logs, 'access_log'), join(logs, 'access_log.1'));
  execFileSync('mkfifo', [join(logs, 'access_log')]);
  expect((await told(deck, 'log-place access log')).text).toContain('the access log is a named pipe by now');
  renameSync(logs, `${logs}.away`);
  expect((await told(deck, 'log-place error log')).text).toContain(
    `the folder of the error log has been removed: ${logs}; Apache cannot be restarted`,
  );
  renameSync(`${logs}.away`, logs);
  await takenBack(deck, 'log-place error log');
  await deck.stop();
});

// Mounting takes root; CI has it.
describe.runIf(asRoot)('a file system of the logs alone', () => {
  function disk(options: string): string {
    const path = tempDir();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=0755`, 'tmpfs', path]);
    mounts.push(path);
    return path;
  }

  test('that is full is told of, in status too, and taken back when there is room', async () => {
    const logs = disk('size=1m');
    const deck = await readyDeck({column: debian!, args: ['--log-directory', logs]});
    const filler = join(logs, 'filler');
    expect(() => {
      for (;;) writeFileSync(filler, Buffer.alloc(4096), {flag: 'a'});
    }).toThrow('ENOSPC');
    const {text, remedy} = await told(deck, 'log-disk error log');
    expect(text).toMatch(/^the disk is full: \d+ KiB left for the error log \(\/.*error_log\)$/);
    expect(remedy).toBe('free some room there: its lines are lost meanwhile');
    expect((await command(['status', String(deck.port)])).stdout).toContain(text);
    expect((await deck.get('/')).status).toBe(200);
    rmSync(filler);
    await takenBack(deck, 'log-disk error log');
    await deck.stop();
  });

  test('without room for further files, or read-only', async () => {
    const few = disk('size=1m,nr_inodes=100');
    expect((await roomIn(few)).trouble).toBe(null);
    expect(() => {
      for (let number = 0; ; number++) writeFileSync(join(few, String(number)), '');
    }).toThrow('ENOSPC');
    expect((await roomIn(few)).trouble?.what).toMatch(/^the disk has no room for further files: 0 left of 100$/);
    expect((await roomIn(disk('size=1m,ro'))).trouble?.what).toBe('the file system is read-only');
    expect((await roomIn('/proc')).trouble).toBe(null);
  });
});

test('a second owner after the lock was deleted is named', async () => {
  const deck = await readyDeck({column: debian!});
  // Stopped, it cannot make its lock anew before the other start takes the server root.
  deck.signal('SIGSTOP');
  rmSync(join(deck.serverRoot, 'wsgideck', 'lock'));
  rmSync(join(deck.serverRoot, 'httpd.pid'));
  rmSync(join(deck.serverRoot, 'wsgideck', 'guard.status'));
  const port = await freePort();
  const other = await startDeck({
    app: ENDING,
    column: debian!,
    mode: 'json',
    args: ['--server-root', deck.serverRoot, '--port', String(port)],
    probe: null,
  });
  await other.waitEvent('phase', (event) => event.phase === 'ready', 30_000);
  deck.signal('SIGCONT');
  expect((await told(deck, 'lock')).text).toMatch(/another wsgideck has started in this server root/);
  await killAll([...deck.processes(), ...other.processes()].filter(({pid}) => processInfo(pid) !== null));
});

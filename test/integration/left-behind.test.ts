/**
 * kill -9 of Apache's parent, guard and supervisor at once leaves its children: they are known, and
 * ended when somebody asks for it.
 */
import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {alive} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const [debian] = columns();
const AS_ROOT = process.getuid?.() === 0;
const USER = AS_ROOT ? ['--user', 'www-data', '--group', 'www-data'] : [];

interface Killed {
  deck: RunningDeck;
  /** A program that the application has daemonised. */
  stray: number;
  /** The mark that its processes carry. */
  mark: string;
}

async function killedDeck(column = debian!): Promise<Killed> {
  const deck = await startDeck({app: 'left-behind', column, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {apachePid, guardPid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  const stray = Number((await deck.get('/daemonise')).body);
  const mark = /^mark \d+ (.+)$/m.exec(readFileSync(join(deck.serverRoot, 'wsgideck/guard.status'), 'utf8'))?.[1] ?? '';
  // Stopped first, so that none of them sees the others' end.
  const watching = [deck.pid, guardPid, apachePid!];
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of watching) process.kill(pid, signal);
  await deck.waitExit();
  await until('all three to be gone', () => !watching.some(alive));
  return {deck, stray, mark};
}

const startAgain = ({deck}: Killed, serverRoot: string) => {
  const place = ['--host', '127.0.0.1', '--port', String(deck.port), '--server-root', serverRoot];
  return command(['start-server', join(deck.appDir, 'app.wsgi'), ...place, ...USER, '--plain'], {cwd: deck.appDir, env: debian!.env});
};

test.each(columns())('they serve on; a start says who they are and how to end them, and stop does ($name)', async (column) => {
  const killed = await killedDeck(column);
  const {deck, stray} = killed;
  expect((await deck.get('/')).status).toBe(200);
  expect(alive(stray)).toBe(true);

  const listed = (await command(['ps', '--json'])).stdout;
  const found = (JSON.parse(listed) as {serverRoot: string; leftBehind?: {pids: number[]}}[]).filter(
    (one) => one.serverRoot === deck.serverRoot,
  );
  expect(found).toHaveLength(1);
  expect(found[0]!.leftBehind?.pids).toContain(stray);
  expect((await command(['ps'])).stdout).toMatch(/killed/);

  const refused = await startAgain(killed, deck.serverRoot);
  expect(refused).toMatchObject({status: 1, stdout: ''});
  expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  expect(refused.stderr).toContain(`wsgideck stop ${deck.serverRoot}`);
  const elsewhere = await startAgain(killed, join(tempDir(), 'root'));
  expect(elsewhere.status).toBe(1);
  expect(elsewhere.stderr).toContain(`wsgideck stop ${deck.serverRoot}`);

  const stopped = await command(['stop', deck.serverRoot]);
  expect(stopped).toMatchObject({status: 0, stdout: expect.stringContaining('ended'), stderr: ''});
  expect(deck.processes()).toEqual([]);
  expect(alive(stray)).toBe(false);
  await expect(deck.get('/')).rejects.toThrow(/ECONNREFUSED/);
  expect((await command(['stop', deck.serverRoot])).status).toBe(1);
});

test('on a terminal a start offers to end them, and starts', async () => {
  const {deck, stray} = await killedDeck();
  const args = ['--port', String(deck.port), '--server-root', deck.serverRoot, '--plain'];
  const again = await startDeck({app: 'left-behind', column: debian!, mode: 'tty', args, probe: null});
  await again.tty.waitFor(/\[Y\/n\]/);
  again.tty.press('n\r');
  expect(await again.waitExit()).toEqual({code: 1, signal: null});
  expect((await deck.get('/')).status).toBe(200);

  const third = await startDeck({app: 'left-behind', column: debian!, mode: 'tty', args, probe: null});
  await third.tty.waitFor(/\[Y\/n\]/);
  third.tty.press('y\r');
  await until('the new server', async () => third.processes().length > 3 && (await deck.get('/')).status === 200, 30_000);
  expect(alive(stray)).toBe(false);
  await third.stop();
});

test('a process of another user that carries the mark is not signalled', {tags: ['root']}, async () => {
  const {deck, mark} = await killedDeck();
  // The user nobody; as root the mark could only have got there by a fake.
  const faked = spawn('sleep', ['600'], {uid: 65_534, gid: 65_534, env: {WSGIDECK_GUARD: mark}, stdio: 'ignore'});
  const genuine = spawn('sleep', ['600'], {env: {WSGIDECK_GUARD: mark}, stdio: 'ignore'});
  const other = spawn('sleep', ['600'], {env: {WSGIDECK_GUARD: mark.replace(/-\w+:/, '-guessed:')}, stdio: 'ignore'});
  try {
    await until('the programs to run', () =>
      [faked, genuine, other].every(({pid}) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep')),
    );
    expect((await command(['stop', deck.serverRoot])).status).toBe(0);
    await until('ours to end', () => genuine.signalCode !== null);
    expect([faked.signalCode, other.signalCode]).toEqual([null, null]);
  } finally {
    for (const one of [faked, genuine, other]) one.kill('SIGKILL');
  }
});

test('while somebody watches, nothing is left behind: no start and no stop touches it', async () => {
  const deck = await startDeck({app: 'left-behind', column: debian!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const place = ['--host', '127.0.0.1', '--port', String(await freePort()), '--server-root', deck.serverRoot];
  const second = await command(['start-server', join(deck.appDir, 'app.wsgi'), ...place, ...USER, '--plain'], {
    cwd: deck.appDir,
    env: debian!.env,
  });
  expect(second).toMatchObject({status: 1, stderr: expect.stringContaining('server root in use')});
  expect((await deck.get('/')).status).toBe(200);
  await deck.stop();
});

test('a stopped guard is continued, and said; a stop works at once', async () => {
  const deck = await startDeck({app: 'left-behind', column: debian!, mode: 'json'});
  const {guardPid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  await deck.waitEvent('processes');
  process.kill(guardPid, 'SIGSTOP');
  await deck.waitEvent('notice', (event) => event.text.includes(`guard (pid ${guardPid}) was stopped`));
  process.kill(guardPid, 'SIGSTOP');
  deck.signal('SIGTERM');
  expect(await deck.waitExit()).toEqual({code: 0, signal: null});
  await deck.waitGone();
});

test('the guard is stopped after the supervisor was killed: stop continues it, and waits until it has ended the server', async () => {
  const deck = await startDeck({app: 'incidents', column: debian!, mode: 'json', args: ['--shutdown-timeout', '4']});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {guardPid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  const cut = deck.get('/sleep?60', {timeout: 70_000}).catch(() => null);
  await deck.waitEvent('requests', (event) => event.requests.length > 0);
  deck.signal('SIGKILL');
  await deck.waitExit();
  // The hang-up of its terminal continues a guard that was stopped before.
  process.kill(guardPid, 'SIGSTOP');
  expect(await command(['stop', deck.serverRoot])).toMatchObject({status: 0, stdout: expect.stringContaining('stopped')});
  expect(deck.processes()).toEqual([]);
  await cut;
});

test('kill -9 of the guard with a request in flight: the next Apache has the port when the shutdown timeout is over', async () => {
  const deck = await startDeck({app: 'incidents', column: debian!, mode: 'json', args: ['--shutdown-timeout', '2']});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {guardPid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  const cut = deck.get('/sleep?60', {timeout: 70_000}).catch(() => null);
  await deck.waitEvent('requests', (event) => event.requests.length > 0);
  process.kill(guardPid, 'SIGKILL');
  // Apache alone takes 13 s.
  await deck.waitEvent('launched', (event) => event.guardPid !== guardPid, 9000);
  await cut;
  await deck.stop();
});

import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import {ready, startOriginal} from '../fixtures/run/original.ts';
import {command, type Finished} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {allProcesses, processInfo} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const ENDING = new URL('../fixtures/apps/ending', import.meta.url).pathname;
const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
const [debian] = columns();

const fifo = (path: string) => void execFileSync('mkfifo', [path]);
const folder = (path: string) => mkdirSync(path);
const link = (path: string) => symlinkSync(`${path}.elsewhere`, path);

/** A start in a server root in which one name is taken; the root's content afterwards. */
async function startWith(
  name: string,
  make: (path: string) => void,
  words: string[] = ['--plain'],
): Promise<{path: string; done: Finished; names: string[]}> {
  const place = tempDir();
  const root = join(place, 'root');
  mkdirSync(join(root, 'wsgideck'), {recursive: true});
  make(join(root, name));
  const script = join(place, 'app.wsgi');
  writeFileSync(script, 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"ok"]\n');
  const listen = ['--host', '127.0.0.1', '--port', String(await freePort())];
  const done = await command(['start-server', script, '--server-root', root, ...listen, ...user, ...words], {cwd: place, env: debian!.env});
  expect(allProcesses().filter((one) => one.state !== 'Z' && one.command.includes(root))).toEqual([]);
  return {path: join(root, name), done, names: readdirSync(root, {recursive: true}).map(String).toSorted()};
}

const refusal = (path: string, what: string) => ({
  status: 1,
  stdout: '',
  stderr: `wsgideck: error: server root cannot be written: ${path} is ${what}; remove it\n`,
});

const WRITTEN = ['httpd.conf', 'rewrite.conf', 'handler.wsgi', 'apachectl', 'envvars', 'error_log', 'wsgideck/access.log', 'wsgideck/lock'];
const REMOVED = ['httpd.pid', 'wsgideck/guard.status'];

describe('a start names what has the name of one of its files, and leaves nothing', () => {
  test.each([...WRITTEN, ...REMOVED])('a named pipe: %s', async (name) => {
    const {path, done, names} = await startWith(name, fifo);
    expect(done).toEqual(refusal(path, 'a named pipe'));
    expect(names).toEqual([...new Set(['wsgideck', name])].toSorted());
  });

  test.each([...WRITTEN, ...REMOVED])('a folder: %s', async (name) => {
    const {path, done} = await startWith(name, folder);
    expect(done).toEqual(refusal(path, 'a folder'));
  });

  test.each(WRITTEN)('a link: %s', async (name) => {
    const {path, done} = await startWith(name, link);
    expect(done).toEqual(refusal(path, 'a link'));
    expect(existsSync(`${path}.elsewhere`)).toBe(false);
  });

  test.each(['error_log', 'wsgideck/lock', 'wsgideck/output'])('--detach: %s is a named pipe', async (name) => {
    const {path, done} = await startWith(name, fifo, ['--detach']);
    expect(done).toEqual(refusal(path, 'a named pipe'));
  });

  test('a folder that has the name of a program of ours', async () => {
    const {path, done} = await startWith('wsgideck/handler.py', folder);
    expect(done).toEqual({status: 1, stdout: '', stderr: `wsgideck: error: ${path} is a folder; remove it\n`});
  });
});

/** Moves a file of a live server away and makes something else of its name, both before the supervisor looks again. */
async function replace(deck: RunningDeck, name: string, make: (path: string) => void): Promise<{path: string; back: () => Promise<void>}> {
  const path = join(deck.serverRoot, name);
  const unseen = async (change: () => void) => {
    deck.signal('SIGSTOP');
    await until('the supervisor to be stopped', () => processInfo(deck.pid)?.state === 'T');
    change();
    deck.signal('SIGCONT');
  };
  await unseen(() => {
    renameSync(path, `${path}.away`);
    make(path);
  });
  return {
    path,
    back: () =>
      unseen(() => {
        rmSync(path, {recursive: true});
        renameSync(`${path}.away`, path);
      }),
  };
}

const notices = (deck: RunningDeck, key: string) =>
  deck.events().flatMap((event) => (event.type === 'notice' && event.key === key ? [event.cleared ? 'cleared' : event.text] : []));

describe.each(columns())('in the server root of a live server ($name)', (column) => {
  test('the lock becomes a named pipe, a folder, a link: one notice each, and the supervisor goes on', async () => {
    const deck = await startDeck({app: ENDING, mode: 'json', column});
    await deck.waitEvent('phase', (event) => event.phase === 'ready');
    for (const [make, what] of [
      [fifo, 'a named pipe'],
      [folder, 'a folder'],
      [link, 'a link'],
    ] as const) {
      const before = notices(deck, 'sockets').length;
      const {path, back} = await replace(deck, 'wsgideck/lock', make);
      await until(`the notice of ${what}`, () =>
        notices(deck, 'sockets')
          .slice(before)
          .includes(`what was deleted in ${deck.serverRoot} cannot be made anew: ${path} is ${what}; remove it`),
      );
      expect((await command(['status', String(deck.port)])).status).toBe(0);
      await back();
      await until('its end', () => notices(deck, 'sockets').at(-1) === 'cleared');
      expect(notices(deck, 'sockets').length).toBe(before + 2);
    }
    expect((await deck.stop()).code).toBe(0);
  });

  test('the configuration becomes a named pipe: one notice, no restart into it, and it is not read', async () => {
    const deck = await startDeck({app: ENDING, mode: 'json', column});
    await deck.waitEvent('phase', (event) => event.phase === 'ready');
    const {path, back} = await replace(deck, 'httpd.conf', fifo);
    await until('the notice', () => notices(deck, 'conf').length > 0);
    expect(notices(deck, 'conf')).toEqual([`Apache's configuration is a named pipe by now: ${path}; remove it`]);
    const client = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {client: 'test'});
    expect(await client.ask({type: 'config'})).toMatchObject({lines: [], error: `${path} is a named pipe`});
    client.end();
    const refused = await command(['restart', String(deck.port)]);
    expect(refused).toMatchObject({status: 1});
    expect(refused.stderr).toContain("not restarted, because Apache would not come back: Apache's configuration is a named pipe");
    expect((await deck.get('/')).status).toBe(200);
    await back();
    await until('its end', () => notices(deck, 'conf').at(-1) === 'cleared');
    expect((await command(['restart', String(deck.port)])).status).toBe(0);
    expect((await deck.stop()).code).toBe(0);
  });
});

test('run: the configuration of the original becomes a named pipe, and the supervisor still answers', async () => {
  const deck = await startOriginal();
  await ready(deck);
  const {path} = await replace(deck, 'httpd.conf', fifo);
  await until('the notice', () => notices(deck, 'conf').length > 0);
  const done = await command(['status', String(deck.port)]);
  expect(done).toMatchObject({status: 0});
  expect(done.stdout).toContain(`Apache's configuration is a named pipe by now: ${path}; remove it`);
  await deck.stop();
});

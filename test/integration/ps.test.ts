import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {userInfo} from 'node:os';
import {dirname} from 'node:path';
import {promisify} from 'node:util';
import {beforeAll, describe, expect, test} from 'vitest';
import type {Survey} from '../../src/instance/instances/find-instances.ts';
import type {Instance} from '../../src/instance/instances/instance.ts';
import {startByHand, type OriginalByHand} from '../fixtures/observed/original-by-hand.ts';
import {startSystem, type SystemApache} from '../fixtures/observed/system-apache.ts';
import {OLDER, olderExpress, startOriginal} from '../fixtures/run/original.ts';
import {command} from '../support/command.ts';
import {type DeckOptions, startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const run = promisify(execFile);
const AS = new URL('../fixtures/instances/survey-as.ts', import.meta.url).pathname;
const NOBODY = '65534';
const asRoot = process.getuid?.() === 0;
const me = userInfo().username;

/** Apache answers before its supervisor does. */
async function listening(options: DeckOptions): Promise<RunningDeck> {
  const deck = await startDeck(options);
  await until('the control socket', () => existsSync(`${deck.serverRoot}/wsgideck/control.sock`));
  return deck;
}

async function ps(): Promise<Instance[]> {
  const {status, stdout} = await command(['ps', '--json']);
  expect(status).toBe(0);
  return JSON.parse(stdout) as Instance[];
}

/** The one that listens on this port: other tests' servers may be on the machine. */
const on = (port: number, all: readonly Instance[]): Instance => {
  const found = all.filter(({url}) => new URL(url ?? 'http://x/').port === String(port));
  expect(found).toHaveLength(1);
  return found[0]!;
};

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  let ours: RunningDeck;
  let system: SystemApache;

  beforeAll(async () => {
    [ours, system] = await Promise.all([
      listening({app: 'options', column, args: ['--processes', '2', '--threads', '3']}),
      startSystem({modulePath: column.modulePath, pythonHome: column.pythonHome}),
    ]);
  });

  test('ours and an Apache of the system are told apart, with what is known of each', async () => {
    const all = await ps();
    const {serverRoot, pid} = ours;
    expect(on(ours.port, all)).toMatchObject({
      kind: 'ours',
      name: 'options',
      state: 'ready',
      serverRoot,
      pid,
      supervisorPid: pid,
      access: 'full',
      user: me,
      modWsgi: column.version,
      processes: 2,
      threads: 3,
    });
    const {confDir} = system;
    expect(on(system.port, all)).toMatchObject({
      kind: 'system',
      name: 'apache2',
      serverRoot: confDir,
      conf: `${confDir}/apache2.conf`,
      pid: system.pid,
      apachePid: system.pid,
      user: me,
      modWsgi: column.version,
    });
  });

  test('a word names a server: port, pid, server root; a name that two have is no answer', async () => {
    const name = async (word: string) => (await command(['status', word, '--json'])).stdout;
    for (const word of [String(ours.port), String(ours.pid), ours.serverRoot]) {
      expect(JSON.parse(await name(word))).toMatchObject({name: 'options', info: {supervisorPid: ours.pid}});
    }
    expect(JSON.parse(await name(String(system.pid)))).toMatchObject({info: {foreign: {kind: 'system'}, modWsgi: column.version}});
    const twin = await listening({app: 'options', column});
    const twice = await command(['status', 'options']);
    expect(twice).toMatchObject({status: 1, stdout: ''});
    expect(twice.stderr).toMatch(
      /^wsgideck: error: several servers answer to "options": [^\n]*; say which by its port, pid or server root\n$/,
    );
    for (const port of [ours.port, twin.port]) expect(twice.stderr).toContain(`options (port ${port})`);
    await twin.stop();
  });
});

test('the original, by hand and under run', async () => {
  const older = await olderExpress();
  const byHand: OriginalByHand = await startByHand(['--threads', '4']);
  const [under, old] = await Promise.all([startOriginal(), startOriginal({program: older})]);
  const all = await ps();
  const {port, serverRoot, apachePid} = byHand;
  expect(on(port, all)).toMatchObject({
    kind: 'original',
    name: `127.0.0.1:${port}`,
    serverRoot,
    conf: `${serverRoot}/httpd.conf`,
    apachePid,
    user: me,
    modWsgi: columns()[1]!.version,
    processes: 1,
    threads: 4,
  });
  expect(on(under.port, all)).toMatchObject({kind: 'ours', serverRoot: under.serverRoot, supervisorPid: under.pid});
  expect(on(old.port, all)).toMatchObject({kind: 'ours', modWsgi: OLDER});
  // The original became Apache: its parent is nobody of ours.
  expect(all.filter(({apachePid: pid}) => pid === apachePid)).toHaveLength(1);
  await Promise.all([under.stop(), old.stop()]);
});

test('an ordinary user is shown what may be seen, and told what may not', async () => {
  const deck = await listening({app: 'options', column: columns()[0]!});
  const {stdout} = await run(process.execPath, [AS, asRoot ? NOBODY : String(process.getuid?.())]);
  const found = (JSON.parse(stdout) as Survey).instances.find(({supervisorPid}) => supervisorPid === deck.pid);
  expect(found).toMatchObject({kind: 'ours', user: me, url: `http://127.0.0.1:${deck.port}/`});
  expect([found?.access, found?.problem?.split(':')[0]]).toEqual(asRoot ? ['none', 'not permitted'] : ['full', undefined]);
  const {stdout: table, stderr} = await command(['ps']);
  expect(table).toMatch(/^NAME +KIND +STATE +URL +PID +USER +UPTIME +PROCESSES +MOD_WSGI\n/);
  expect(table).toMatch(new RegExp(`^options +ours +ready +http://127\\.0\\.0\\.1:${deck.port}/ +${deck.pid} +${me} `, 'm'));
  expect(stderr).not.toContain(String(deck.pid));
  await deck.stop();
});

test('a server that is gone is gone from the list, and what never was is said so', async () => {
  const deck = await startDeck({app: 'options', column: columns()[0]!});
  const {port, serverRoot} = deck;
  await deck.stop();
  expect((await ps()).filter(({url}) => url?.includes(`:${port}/`))).toEqual([]);
  expect(await command(['status', serverRoot])).toEqual({
    status: 1,
    stdout: '',
    stderr: `wsgideck: error: ${serverRoot}: no server runs there; start one with wsgideck start-server\n`,
  });
  expect((await command(['status', `${dirname(serverRoot)}/none`])).stderr).toMatch(/there is no such server root\n$/);
  expect((await command(['status', 'nobody-has-this-name'])).stderr).toMatch(
    /^wsgideck: error: no server is called "nobody-has-this-name": [^\n]*\n$/,
  );
  expect(await command(['ps', '--what'])).toMatchObject({status: 2, stdout: ''});
});

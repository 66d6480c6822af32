import {spawn} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import type {Instance} from '../../src/instance/instances/instance.ts';
import type {LogEntry} from '../../src/model/log.ts';
import type {InstanceState} from '../../src/model/state.ts';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {alive} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const column = columns()[0]!;
const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');

describe('a running server', () => {
  let deck: RunningDeck;
  let word: string;

  beforeAll(async () => {
    deck = await startDeck({app: 'options', column});
    word = String(deck.port);
    await until('ready', () => /deck +ready/.test(deck.output()));
  });

  test('status: one screen for people, everything for programs', async () => {
    const slow = deck.get('/sleep/3');
    // The agent's samples name it.
    const seen = await until('the request in the status', async () => {
      const {stdout} = await command(['status', word]);
      return /oldest +\d[^\n]*\/sleep/.test(stdout) ? stdout : null;
    });
    expect(seen.split('\n').length).toBeLessThan(24);
    expect(seen).toMatch(/^options {2}ready for /);
    expect(seen).toContain(`pids        supervisor ${deck.pid}, Apache `);
    expect(seen).toContain('mod_wsgi gives up in ');
    expect(seen).toMatch(/^ {2}load +1 of 5 threads busy/m);
    const {status, stdout} = await command(['status', word, '--json']);
    expect(status).toBe(0);
    const state = JSON.parse(stdout) as InstanceState;
    expect(state).toMatchObject({name: 'options', lifecycle: {phase: 'ready'}, info: {serverRoot: deck.serverRoot}});
    await slow;
  });

  test('logs: the newest, filtered, as JSON, and those to come', async () => {
    await deck.get('/about?marked-one');
    const find = () => command(['logs', word, '--filter', 'marked-one', '--json']);
    const {stdout} = await until('the access line', async () => {
      const done = await find();
      return done.stdout === '' ? null : done;
    });
    const entries = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogEntry);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({source: 'access', access: {method: 'GET', status: 200}});
    expect((await command(['logs', word, '--lines', '2'])).stdout.split('\n')).toHaveLength(3);
    expect((await command(['logs', word, '--level', 'alert'])).stdout).toBe('');

    const follow = spawn(process.execPath, [BUNDLE, 'logs', word, '--follow', '--lines', '0', '--filter', 'marked-two'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    follow.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    const ended = new Promise((done) => follow.on('close', done));
    // Requests until it listens: then each one is a line of its own.
    await until('a followed line', async () => {
      await deck.get('/about?marked-two');
      await deck.get('/about?marked-three');
      return text.includes('marked-two');
    });
    expect(text).not.toContain('marked-three');
    follow.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  test('reload: answers when the new code does, and with status 1 when that does not load', async () => {
    const script = join(deck.appDir, 'app.wsgi');
    const good = readFileSync(script, 'utf8');
    const pid = async () => (JSON.parse((await deck.get('/about')).body) as {os: {pid: number}}).os.pid;
    const before = await pid();
    const done = await command(['reload', word]);
    expect(done).toMatchObject({status: 0, stderr: ''});
    expect(done.stdout).toMatch(/^options: new code answers after \d+(\.\d+)? m?s\n$/);
    expect(await pid()).not.toBe(before);
    writeFileSync(script, 'raise ValueError("not like this")\n');
    const broken = await command(['reload', word]);
    expect(broken).toMatchObject({status: 1, stdout: ''});
    expect(broken.stderr).toMatch(/^wsgideck: error: options: the new code was not taken: it answers 500[^\n]*\n$/);
    expect(await command(['status', word])).toMatchObject({status: 3});
    writeFileSync(script, good);
    expect(await command(['reload', word])).toMatchObject({status: 0});
    expect(await command(['status', word])).toMatchObject({status: 0});
  });

  test('restart: Apache keeps its pid, and has other daemons when it is said to be done', async () => {
    const state = async () => JSON.parse((await command(['status', word, '--json'])).stdout) as InstanceState;
    const about = async () => JSON.parse((await deck.get('/about')).body) as {os: {pid: number}};
    const [before, daemon] = [await state(), (await about()).os.pid];
    for (const [graceful, text] of [
      [[], /^options: restarted; it answers again after /],
      [['--graceful'], /^options: restarted gracefully; it answers again after /],
    ] as const) {
      const done = await command(['restart', word, ...graceful]);
      expect(done).toMatchObject({status: 0, stderr: '', stdout: expect.stringMatching(text)});
    }
    expect((await about()).os.pid).not.toBe(daemon);
    expect((await state()).lifecycle.apachePid).toBe(before.lifecycle.apachePid);
  });

  test('mistakes on the command line are one line and status 2', async () => {
    for (const words of [
      ['stop', word, '--now', '--wait', '3'],
      ['stop', word, '--wait', 'soon'],
      ['logs', word, '--level', 'loud'],
      ['logs', word, '--lines', 'many'],
      ['logs', word, '--filter', '('],
      ['reload', word, 'other'],
      ['restart', '--softly'],
    ]) {
      const {status, stdout, stderr} = await command(words);
      expect({status, stdout, lines: stderr.split('\n').length}, words.join(' ')).toEqual({status: 2, stdout: '', lines: 2});
    }
    expect((await deck.get('/about')).status).toBe(200);
  });
});

test('stop lets requests finish, and says when everything is gone', async () => {
  const deck = await startDeck({app: 'options', column});
  const slow = deck.get('/sleep/2', {timeout: 10_000});
  await until('the request in flight', async () => (await command(['status', String(deck.port)])).stdout.includes('/sleep'));
  const done = await command(['stop', String(deck.port)]);
  expect(done).toMatchObject({status: 0, stderr: ''});
  expect(done.stdout).toMatch(/^options: stopped after [\d.]+ m?s \(Apache's status 0\)\n$/);
  expect((await slow).status).toBe(200);
  expect(deck.processes()).toEqual([]);
  const after = await command(['logs', deck.serverRoot, '-n', '2']);
  expect(after).toMatchObject({
    status: 0,
    stderr: `wsgideck: no server runs in ${deck.serverRoot}; the end of ${deck.serverRoot}/error_log:\n`,
  });
  expect(after.stdout.split('\n')).toHaveLength(3);
});

test('right after the supervisor was killed: every command tells the truth, and what is left can be read', async () => {
  // A daemon that has a request ends with its shutdown timeout: time enough to look.
  const deck = await startDeck({app: 'options', column, args: ['--shutdown-timeout', '15']});
  await until('ready', () => /deck +ready/.test(deck.output()));
  const word = String(deck.port);
  const apache = (JSON.parse((await command(['status', word, '--json'])).stdout) as InstanceState).lifecycle.apachePid!;
  const slow = deck.get('/sleep/50', {timeout: 40_000}).catch(() => null);
  await until('the request in flight', async () => (await command(['status', word])).stdout.includes('/sleep'));
  // What happened last is still on its way to the disk.
  await until('a recording', () => command(['record', join(tempDir(), 'first.wdr'), word, '--last']).then(({status}) => status === 0));
  deck.signal('SIGKILL');
  await deck.waitExit();

  const truth = `its supervisor was killed; Apache (pid ${apache}) is being stopped, and is gone within 32 s; its logs and incidents can be read`;
  const file = join(tempDir(), 'left.wdr');
  const [root, port, pid] = [deck.serverRoot, word, String(apache)];
  const asked = [
    ['logs', root, '-n', '2'],
    ['logs', port, '-n', '2'],
    ['logs', pid, '-n', '2'],
    ['incidents', port],
    ['record', file, port, '--last'],
  ];
  const refused = [
    ['status', root],
    ['reload', pid],
    ['logs', root, '--json'],
    ['stacks', root],
  ];
  const [ps, read, told] = await Promise.all([
    command(['ps', '--json']),
    Promise.all(asked.map((words) => command(words))),
    Promise.all(refused.map((words) => command(words))),
  ]);
  expect(alive(apache), 'Apache is still there').toBe(true);
  const listed = (JSON.parse(ps.stdout) as Instance[]).find(({apachePid}) => apachePid === apache);
  expect(listed).toMatchObject({kind: 'ours', state: 'stopping', pid: apache, url: expect.stringContaining(`:${port}/`), problem: truth});
  for (const {status, stdout, stderr} of read.slice(0, 3)) {
    expect({status, lines: stdout.split('\n').length}).toEqual({status: 0, lines: 3});
    expect(stderr).toMatch(new RegExp(`^wsgideck: [^\\s]+: [^\n]*; the end of ${root}/error_log:\n$`));
    expect(stderr).toContain(truth);
  }
  expect(read[3]).toEqual({status: 0, stdout: `no incidents: ${root}\n`, stderr: ''});
  expect(read[4]).toMatchObject({status: 0, stderr: expect.stringContaining('play it with: wsgideck replay')});
  for (const [index, {status, stdout, stderr}] of told.entries()) {
    expect({status, stdout}, refused[index]!.join(' ')).toEqual({status: 1, stdout: ''});
    expect(stderr, refused[index]!.join(' ')).toContain(truth);
    expect(stderr.split('\n')).toHaveLength(2);
  }
  // The guard is still stopping it: stop waits for the end.
  const {status, stdout} = await command(['stop', port]);
  expect({status, stdout}).toMatchObject({status: 0, stdout: expect.stringContaining('stopped')});
  await deck.waitGone(25_000);
  await slow;
  expect(await command(['logs', root])).toMatchObject({status: 0, stderr: expect.stringContaining('no server runs in ')});
});

test('a folder here that is called as a server is not meant by its name', async () => {
  const deck = await startDeck({app: 'options', column});
  await until('ready', () => /deck +ready/.test(deck.output()));
  const cwd = tempDir();
  const name = String(deck.port);
  mkdirSync(join(cwd, name));
  expect(await command(['incidents', name], {cwd})).toMatchObject({status: 0, stdout: expect.stringMatching(/^no incidents: options\n$/)});
  await deck.stop();
});

test('a graceful stop lets a request finish, whatever the graceful timeout of the daemons is', async () => {
  const deck = await startDeck({app: 'options', column, args: ['--graceful-timeout', '1', '--shutdown-timeout', '1']});
  const slow = deck.get('/sleep/14', {timeout: 60_000});
  await until('the request in flight', async () => (await command(['status', String(deck.port)])).stdout.includes('/sleep'));
  const stopping = command(['stop', String(deck.port)]);
  expect((await slow).status).toBe(200);
  expect(await stopping).toMatchObject({status: 0, stdout: expect.stringMatching(/^options: stopped after /)});
  await deck.waitGone();
});

test('stop --wait cuts what does not finish in time', async () => {
  const deck = await startDeck({app: 'options', column, args: ['--shutdown-timeout', '1']});
  const slow = deck.get('/sleep/50', {timeout: 40_000}).then(
    ({status}) => status,
    () => 'cut',
  );
  await until('the request in flight', async () => (await command(['status', String(deck.port)])).stdout.includes('/sleep'));
  const {status, stdout} = await command(['stop', String(deck.port), '--wait', '0.5']);
  expect({status, stdout}).toMatchObject({status: 0, stdout: expect.stringMatching(/^options: stopped after /)});
  expect(await slow).not.toBe(200);
  await deck.waitGone();
});

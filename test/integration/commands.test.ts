import {spawn} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import type {LogEntry} from '../../src/model/log.ts';
import type {InstanceState} from '../../src/model/state.ts';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
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

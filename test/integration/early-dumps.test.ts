import {spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import type {Deck} from '../../src/model/deck.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import {kernelThreads} from '../../src/sources/stacks/kernel-threads.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {pythonPackages} from '../support/python-packages.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const FOLDER = resolve(import.meta.dirname, '../fixtures/stuck');
const SCRIPT = readFileSync(join(FOLDER, 'app.wsgi'), 'utf8').split('\n');
const WITH_PY_SPY = () => `${join(pythonPackages('py-spy'), 'bin')}:${process.env['PATH']}`;
const lineOf = (text: string) => SCRIPT.findIndex((line) => line.includes(text)) + 1;

/** Runs the built command, which finds py-spy on its PATH. */
const command = (words: string[], path = WITH_PY_SPY()) =>
  spawnSync(process.execPath, [resolve(import.meta.dirname, '../../dist/wsgideck.cjs'), ...words], {
    encoding: 'utf8',
    timeout: 30_000,
    env: {...process.env, PATH: path},
  });

/** py-spy needs the right to trace: root has it, others only where the kernel does not guard it. */
const guarded = () => {
  try {
    return process.getuid?.() !== 0 && readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8').trim() !== '0';
  } catch {
    return false;
  }
};

describe.each(columns())('long requests ($name)', (column) => {
  let deck: RunningDeck;
  let control: Deck & {end(): void};

  beforeAll(async () => {
    // Three threads, no time limit: with all of them busy requests are looked at after two seconds.
    const args = ['--processes', '1', '--threads', '3', '--request-timeout', '0', '--service-script', 'worker', 'service.py'];
    deck = await startDeck({app: FOLDER, column, mode: 'json', args, env: {PATH: WITH_PY_SPY()}});
    await deck.waitEvent('agent', (event) => event.state === 'connected');
    const socket = join(deck.serverRoot, 'wsgideck', 'control.sock');
    control = await until('the control socket', () => connectDeck(socket, {client: 'test'}));
  });
  afterAll(async () => {
    control?.end();
    await deck?.stop();
  });

  const daemon = () => control.state().agents.find((one) => one.state === 'connected')!.pid;
  const served = (url: string) => until(`the request ${url}`, () => control.state().requests.find((one) => one.url === url));
  const verdict = (url: string) => deck.waitEvent('verdict', (event) => event.verdict.url === url).then((event) => event.verdict);

  test('three samples tell waiting, stuck and slow, and the stacks of what does not move are kept', async () => {
    const replies = ['/hold?6', '/spin?6', '/walk?6'].map((path) => deck.get(path, {timeout: 20_000}));
    const [held, spinning, walking] = await Promise.all([verdict('/hold?6'), verdict('/spin?6'), verdict('/walk?6')]);
    expect(held).toMatchObject({verdict: 'waiting', same: 3, samples: 3, waitsIn: expect.stringMatching(/^socket\.recv \(socket:/)});
    expect(held.own).toMatchObject({file: join(deck.appDir, 'app.wsgi'), line: lineOf('near.recv'), func: 'hold', source: 'near.recv(1)'});
    expect(spinning).toMatchObject({verdict: 'stuck', same: 3, own: {func: 'spin'}});
    expect(spinning.waitsIn).toBeUndefined();
    expect(walking).toMatchObject({verdict: 'slow', same: 1, own: {func: 'walk'}, captures: []});
    const {capture} = await deck.waitEvent('stacks', (event) => event.capture.cause === 'early');
    expect(capture).toMatchObject({method: 'agent', id: held.captures[0]});
    expect(capture.title).toMatch(/(?:socket\.recv|spin)/);
    expect(capture.threads.filter((one) => one.request).map((one) => one.tid)).toEqual([
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
    ]);
    expect((await Promise.all(replies)).map((reply) => reply.status)).toEqual([200, 200, 200]);
    // Nothing is long any more: nothing is told, and verdicts go with their requests.
    await until('the end of the verdicts', () => control.state().verdicts.length === 0);
  });

  test('a response that goes on piece by piece is slow, also while it pauses, where nothing limits it', async () => {
    const replies = ['/stream?6', '/halt?5', '/hold?5'].map((path) => deck.get(path, {timeout: 20_000}));
    const [streaming, halted] = await Promise.all([verdict('/stream?6'), verdict('/halt?5')]);
    // Its stack is the same in each sample: it sleeps nearly all the time.
    expect(streaming).toMatchObject({verdict: 'slow', pieces: expect.any(Number), own: {func: 'stream'}, captures: []});
    expect(streaming.pieces).toBeGreaterThan(5);
    expect(halted).toMatchObject({verdict: 'slow', pieces: 2, own: {func: 'halt'}, captures: []});
    expect(halted.at - halted.silentSince!).toBeGreaterThan(2000);
    expect((await Promise.all(replies)).map((reply) => reply.status)).toEqual([200, 200, 200]);
    const opened = deck.events().flatMap((event) => (event.type === 'incident' ? event.incident.title : []));
    expect(opened.filter((title) => /\/stream|\/halt/.test(title))).toEqual([]);
    expect(opened.some((title) => title.includes('/hold'))).toBe(true);
  });

  test('an interrupt ends one request and no other', async () => {
    const replies = [deck.get('/naps?20', {timeout: 30_000}), deck.get('/naps?2', {timeout: 30_000})];
    const request = await served('/naps?20');
    await served('/naps?2');
    const result = await control.send({type: 'interrupt', requestId: request.id});
    expect(result.text).toMatch(/^GET \/naps\?20 was ended at app\.wsgi:\d+ in naps by RequestInterrupted/);
    expect(result.ok).toBe(true);
    expect((await Promise.all(replies)).map((reply) => reply.status)).toEqual([500, 200]);
    await deck.waitEvent('exception', (event) => event.request === 'GET /naps?20' && event.title.startsWith('RequestInterrupted'));
    // The thread is as good as before.
    const after = await Promise.all([1, 2, 3].map(() => deck.get('/naps?0.2')));
    expect(after.map((reply) => reply.status)).toEqual([200, 200, 200]);
    expect(await control.send({type: 'interrupt', requestId: request.id})).toEqual({
      ok: false,
      text: 'that request is not served (any more)',
    });
  });

  test('stacks of every process of every group, each with how they were had', async () => {
    const reply = deck.get('/hold?3', {timeout: 20_000});
    await served('/hold?3');
    const service = await until('the service', () => control.state().processes.find((row) => row.role === 'service'));
    const result = await control.send({type: 'stacks'});
    expect(result.ok).toBe(true);
    const ofDaemon = result.captures!.find((one) => one.pid === daemon())!;
    expect(ofDaemon).toMatchObject({method: 'agent', cause: 'asked', requests: 1});
    const ofService = result.captures!.find((one) => one.pid === service.pid)!;
    const capture = (await control.ask({type: 'capture', id: ofService.id}))!;
    const frame = capture.threads.flatMap((one) => one.frames).find(({func}) => func === 'wait_for_work');
    const [method, uncovered, source] = guarded()
      ? ['proc', 'not permitted', undefined]
      : ['py-spy', 'one interpreter', 'time.sleep(3600)'];
    expect([capture.method, frame?.source]).toEqual([method, source]);
    expect(capture.uncovered).toContain(uncovered);
    expect(await control.send({type: 'stacks', pid: 1})).toMatchObject({
      ok: false,
      text: expect.stringContaining('process 1 gives no stacks'),
    });
    expect((await reply).status).toBe(200);
  });

  test('the command prints the same: of the server, of one request, of a process of nobody', async () => {
    const replies = ['/naps?4', '/hold?4'].map((path) => deck.get(path, {timeout: 20_000}));
    const {id} = await served('/hold?4');
    await served('/naps?4');
    const all = command(['stacks', '--server-root', deck.serverRoot]);
    expect(all.stdout).toMatch(new RegExp(`^process ${daemon()} of \\S+: \\d+ threads, told by the agent$`, 'm'));
    expect(all.stdout).toMatch(/^1 thread.*: GET \/hold\?4 \(/m);
    expect(all.stdout).toContain(`  ${deck.appDir}/app.wsgi:${lineOf('near.recv')} in hold\n      near.recv(1)\n`);
    const one = JSON.parse(command(['stacks', deck.serverRoot, '--request', id, '--json']).stdout) as StackCapture[];
    expect(one.flatMap(({threads}) => threads.map(({request}) => request?.url))).toEqual(['/hold?4']);
    expect(command(['stacks', deck.serverRoot, '--request', 'none'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no thread serves'),
    });
    expect(command(['stacks', '--pid', 'x'])).toMatchObject({status: 2, stderr: expect.stringContaining('--pid takes a process id')});
    expect((await Promise.all(replies)).map((reply) => reply.status)).toEqual([200, 200]);

    const alone = spawn('/usr/bin/python3', [join(FOLDER, 'service.py')]);
    try {
      await until('the program', () => kernelThreads(alone.pid!)[0]?.call?.kind === 'sleep' || process.arch !== 'x64');
      const bare = command(['stacks', '--pid', String(alone.pid)], tempDir());
      expect(bare.stdout).toMatch(/^process \d+: 1 thread, from \/proc$/m);
      expect(bare.stdout).toMatch(/neither pystack nor py-spy is installed/);
      const read = command(['stacks', '--pid', String(alone.pid)]);
      expect(read.stdout).toContain(guarded() ? 'not permitted' : `${FOLDER}/service.py:6 in wait_for_work\n      time.sleep(3600)`);
    } finally {
      alone.kill('SIGKILL');
    }
    expect(command(['stacks', '--pid', '4194304'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there is no process 4194304'),
    });
  });

  test('recycling lets the request in flight finish, and tells of it', async () => {
    const pid = daemon();
    const reply = deck.get('/naps?2', {timeout: 20_000});
    await served('/naps?2');
    const result = await control.send({type: 'recycle', pid});
    expect(result).toEqual({
      ok: true,
      text: expect.stringMatching(
        /^daemon \d+ serves its request in flight and new ones until it has none, then is replaced: at most 15 s; what is not done 5 s after that is cut$/,
      ),
    });
    expect((await reply).status).toBe(200);
    const next = await deck.waitEvent('agent', (event) => event.state === 'connected' && event.pid !== pid);
    await until('the end of the old daemon', () => !control.state().agents.some((one) => one.pid === pid));
    expect(next.pid).not.toBe(pid);
    expect(control.state().restarts.find((one) => one.pid === pid)).toMatchObject({
      cause: 'graceful',
      text: expect.stringContaining('asked for'),
    });
    expect((await deck.get('/')).status).toBe(200);
    const service = control.state().processes.find((row) => row.role === 'service')!;
    expect((await control.send({type: 'recycle', pid: service.pid})).text).toContain('is a service script');
    expect((await control.send({type: 'recycle', pid: process.pid})).text).toContain('not part of this server');
  });
});

describe.each(columns())('event streams ($name)', (column) => {
  test('a pause is no incident before it is as long as a request may take', async () => {
    const args = ['--processes', '1', '--threads', '5', '--request-timeout', '7'];
    const deck = await startDeck({app: FOLDER, column, mode: 'json', args});
    await deck.waitEvent('agent', (event) => event.state === 'connected');
    const reply = deck.get('/halt?16', {timeout: 30_000});
    const first = await deck.waitEvent('verdict', (event) => event.verdict.url === '/halt?16');
    expect(first.verdict).toMatchObject({verdict: 'slow', pieces: 2});
    const {incident} = await deck.waitEvent('incident', (event) => event.incident.title.includes('/halt'));
    expect(incident.title).toMatch(/^silent stream: GET \/halt\?16: 2 pieces, then nothing for \d+\.\d s at app\.wsgi:\d+$/);
    expect(Number(/for ([\d.]+) s/.exec(incident.title)![1])).toBeGreaterThanOrEqual(7);
    const said = await deck.waitEvent('incident', (event) => event.incident.id === incident.id && event.incident.cause !== '');
    expect(said.incident).toMatchObject({
      kind: 'stuck',
      severity: 'warn',
      cause: expect.stringMatching(/^A response that streams has sent nothing/),
    });
    expect((await reply).status).toBe(200);
    await deck.stop();
  });
});

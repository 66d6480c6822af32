import {chmodSync, existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import {observe, observedStacks, observedState, type Observed} from '../../src/instance/observed/attach.ts';
import type {DeckEvent} from '../../src/model/events.ts';
import {lookAsNobody} from '../fixtures/observed/as-nobody.ts';
import {startByHand} from '../fixtures/observed/original-by-hand.ts';
import {startSystem} from '../fixtures/observed/system-apache.ts';
import {columns} from '../support/mod-wsgi.ts';
import {alive} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

/** Observes with a temporary folder of the test's own, and keeps the events. */
async function look(
  apachePid: number,
  kind: 'system' | 'original' = 'system',
  readOnly = false,
): Promise<{seen: Observed; events: DeckEvent[]; place: string}> {
  const place = tempDir();
  const seen = await observe({kind, name: 'apache2', apachePid}, {readOnly, place});
  const events: DeckEvent[] = [];
  seen.engine.listen((event) => events.push(event));
  return {seen, events, place};
}

const daemonsOf = ({engine}: Observed, group: string) =>
  engine
    .state()
    .processes.filter((row) => row.role === 'daemon' && row.label === group)
    .map((row) => row.pid);

// In one of the two nothing tells the second group's processes from Apache's own children but the socket they hold.
describe.concurrent.each(columns().map((column, index) => ({...column, secondDisplay: ['', 'second-app'][index]!})))(
  'a system Apache with two process groups ($name)',
  ({modulePath, pythonHome, version, secondDisplay}) => {
    test('is seen as it is, acted on, and left running', async () => {
      const apache = await startSystem({modulePath, pythonHome, secondDisplay});
      for (const path of ['/a', '/b?c=d', '/error']) await apache.get('first', path);
      const {seen, events, place} = await look(apache.pid);
      const {engine} = seen;
      const state = () => engine.state();
      const {pid} = apache;

      // Configuration, through variables, folders of files and virtual hosts.
      expect(state().info).toMatchObject({
        modWsgi: version,
        mpm: 'event',
        script: join(apache.appDir, 'app.wsgi'),
        projectRoot: apache.appDir,
        processGroup: 'first',
        processes: 2,
        threads: 3,
        requestTimeout: 40,
        errorLog: join(apache.logDir, 'error.log'),
        accessLog: join(apache.logDir, 'first-access.log'),
        groups: [
          {name: 'first', processes: 2, threads: 3},
          {name: 'second', processes: 1, threads: 4},
        ],
      });
      expect(state().info?.apache).toMatch(/^2\.4\./);
      const gains = state().info?.foreign?.gains.join('\n') ?? '';
      expect(gains).toContain('how long requests take');
      expect(gains).not.toContain('hides it');
      expect(gains).toContain(`wsgideck start-server ${apache.appDir}/app.wsgi --processes 2 --threads 3 --request-timeout 40`);
      expect(state().lifecycle).toMatchObject({phase: 'ready', apachePid: pid, guardPid: null});

      // Processes.
      await until('all processes', () => state().processes.some((row) => row.role === 'child'));
      expect(daemonsOf(seen, 'first')).toHaveLength(2);
      expect(daemonsOf(seen, 'second')).toHaveLength(1);
      expect(
        state()
          .processes.filter((row) => row.role === 'daemon')
          .map((row) => row.agent),
      ).toEqual([undefined, undefined, undefined]);
      const answered = (await apache.get('second', '/')).body.trim();
      expect(answered).toBe(`second ${daemonsOf(seen, 'second')[0]}`);

      // Logs: what was before, from all files, in order; then what comes.
      const kept = async () => {
        const before = await engine.query({type: 'log', filter: {}, limit: 500});
        return before && 'entries' in before ? before.entries : [];
      };
      // Apache answers first and writes the line then.
      await until('the line of the failed request', async () => (await kept()).some((one) => one.access?.url === '/error'));
      const entries = await kept();
      expect(entries.filter((one) => one.source === 'access').map((one) => one.access?.url)).toEqual(
        expect.arrayContaining(['/a', '/b?c=d']),
      );
      expect(entries.find((one) => one.access?.url === '/error')?.access).toMatchObject({method: 'GET', status: 500, micros: 0});
      expect(entries.some((one) => one.text.includes('told to fail'))).toBe(true);
      await apache.get('second', '/error');
      await until('the line of the second site', () => events.some((one) => one.type === 'log' && one.entry.access?.url === '/error'));

      // Requests in flight and traffic, from the scoreboard and the access logs; our own questions are not among them.
      const deck = await connectDeck(seen.socket, {client: 'test'});
      await deck.send({type: 'cadence', ms: 500});
      const slow = apache.get('second', '/slow?4');
      const request = await until('the request in the scoreboard', () => deck.state().requests.find((one) => one.url === '/slow?4'));
      expect(request).toMatchObject({method: 'GET', client: '127.0.0.1', ident: ''});
      expect(Date.now() - request.startedAt).toBeLessThan(20_000);
      expect(deck.state().scoreboard).toMatchObject({busy: 1});
      expect(deck.state().agents).toEqual([]);
      expect((await slow).status).toBe(200);
      await until('an empty scoreboard', () => deck.state().requests.length === 0);
      const counted = state().traffic.reduce((sum, one) => sum + one.requests, 0);
      expect(counted).toBeGreaterThanOrEqual(2);
      expect(counted).toBeLessThanOrEqual(4);
      expect(state().traffic.every((one) => one.p50 === null)).toBe(true);
      expect(events.some((one) => one.type === 'log' && one.entry.text.includes('server-status'))).toBe(false);

      // Stacks, by whatever is installed.
      const held = apache.get('second', '/slow?3');
      const stacks = await deck.send({type: 'stacks', pid: daemonsOf(seen, 'second')[0]!});
      expect(stacks).toMatchObject({ok: true});
      expect(stacks.captures?.[0]).toMatchObject({
        pid: daemonsOf(seen, 'second')[0],
        method: expect.stringMatching(/^(pystack|py-spy|proc)$/) as string,
      });
      await held;

      // One daemon killed from outside: noticed, with what the log says, and its successor knows it.
      const victim = daemonsOf(seen, 'first')[0]!;
      process.kill(victim, 'SIGKILL');
      const restart = await until('the restart', () => state().restarts.find((one) => one.pid === victim && one.cause === 'killed'));
      expect(restart).toMatchObject({processGroup: 'first', source: 'log'});
      expect(restart.text).toContain('SIGKILL');
      await until('its successor', () => daemonsOf(seen, 'first').filter((one) => one !== victim).length === 2);
      await until('what its predecessor went of', () => state().processes.some((row) => row.replaced?.includes('SIGKILL')));

      // Actions: one daemon, all, one that is none of theirs.
      const old = daemonsOf(seen, 'second')[0]!;
      expect(await deck.send({type: 'recycle', pid: old})).toMatchObject({ok: true});
      await until('the reason', () => state().restarts.find((one) => one.pid === old && one.cause === 'graceful'));
      await until('another daemon', () => daemonsOf(seen, 'second').some((one) => one !== old));
      expect(await deck.send({type: 'signal', pid: process.pid, signal: 'SIGTERM'})).toMatchObject({ok: false});
      expect(await deck.send({type: 'recycle', pid})).toMatchObject({ok: false});
      const all = [...daemonsOf(seen, 'first'), ...daemonsOf(seen, 'second')];
      expect(await deck.send({type: 'restart', graceful: true})).toMatchObject({ok: true});
      await until('ready again', () => state().lifecycle.phase === 'ready' && all.every((one) => !alive(one)), 40_000);
      expect(daemonsOf(seen, 'first')).toHaveLength(2);
      expect(state().lifecycle.apachePid).toBe(pid);

      // Leaving touches nothing and leaves nothing.
      deck.end();
      expect(readdirSync(place)).toHaveLength(1);
      await seen.close();
      expect(readdirSync(place)).toEqual([]);
      expect((await apache.get('first', '/')).status).toBe(200);
      expect(apache.pid).toBe(pid);
      await apache.stop();
    });
  },
);

test.concurrent('a look that may not act does not; the reasons that LogLevel hides are said to be hidden; stop ends it for all', async () => {
  const apache = await startSystem({modulePath: columns()[0]!.modulePath, logLevel: 'warn'});
  const {seen} = await look(apache.pid, 'system', true);
  for (const command of [{type: 'stop', now: true}, {type: 'reload'}, {type: 'restart', graceful: true}] as const)
    expect(await seen.engine.command(command)).toMatchObject({ok: false, text: expect.stringContaining('read-only') as string});
  expect(seen.engine.state().info).toMatchObject({readOnly: true});
  expect(seen.engine.state().info?.foreign?.gains).toContain('why a daemon process went: LogLevel warn hides it');
  const victim = daemonsOf(seen, 'first')[0]!;
  process.kill(victim, 'SIGTERM');
  const restart = await until('the restart', () => seen.engine.state().restarts.find((one) => one.pid === victim));
  expect(restart).toMatchObject({cause: 'unknown', processGroup: 'first', text: expect.stringContaining('LogLevel hides why') as string});

  const other = await observe({kind: 'system', apachePid: apache.pid}, {place: tempDir()});
  expect(await other.engine.command({type: 'stop', now: false})).toMatchObject({ok: true});
  expect(await other.finished).toBe('Apache has stopped, as asked');
  expect(other.engine.state().lifecycle.phase).toBe('stopped');
  expect(existsSync(apache.pidFile)).toBe(false);
  await other.close();
  await seen.close();
});

test.concurrent('an Apache that is started anew by its service manager is found again, with the configuration it has now', async () => {
  // Of 6.x, and nothing but its socket tells a process of the second group.
  const {modulePath, pythonHome} = columns()[1]!;
  const apache = await startSystem({modulePath, pythonHome, secondDisplay: ''});
  const {seen} = await look(apache.pid);
  const first = apache.pid;
  await apache.stop();
  await until('the end to be seen', () => seen.engine.state().lifecycle.phase === 'degraded');
  apache.group('third', 'threads=2');
  await apache.start();
  await until('the new one', () => seen.engine.state().lifecycle.apachePid === apache.pid);
  expect(apache.pid).not.toBe(first);
  expect(seen.engine.state().lifecycle.phase).toBe('ready');
  expect(seen.engine.state().info?.groups?.map((one) => one.name)).toEqual(['third', 'first', 'second']);
  await until('its daemons', () => ['first', 'second', 'third'].map((group) => daemonsOf(seen, group).length).join() === '2,1,1');
  await seen.close();
  await apache.stop();
});

test.concurrent('logs through pipes and a status page that is closed are said, the rest works', async () => {
  const apache = await startSystem({
    modulePath: columns()[0]!.modulePath,
    lines: ['CustomLog "|/bin/cat >/dev/null" combined', 'CustomLog ${APACHE_LOG_DIR}/agents.log "%{User-Agent}i"'],
    statusRequires: 'all denied',
  });
  const {seen} = await look(apache.pid);
  const texts = seen.engine.state().notices.map((one) => one.text);
  expect(texts).toContain('the access log goes through a pipe to "/bin/cat >/dev/null": it cannot be followed from here');
  expect(texts).toContain(`the access log ${apache.logDir}/agents.log has a format without request and status: it is not shown`);
  expect(texts.some((one) => one.startsWith('mod_status does not answer: /server-status answered with status 403'))).toBe(true);
  expect(seen.engine.state().info?.accessLog).toContain('|/bin/cat');
  await apache.get('first', '/here');
  await until('the line', () => seen.engine.state().log.recent.some((one) => one.access?.url === '/here'));
  await seen.close();
  await apache.stop();
});

test.concurrent('one look each: state, stacks', async () => {
  const apache = await startSystem({modulePath: columns()[0]!.modulePath});
  const instance = {kind: 'system', apachePid: apache.pid} as const;
  const slow = apache.get('first', '/slow?2');
  const state = await observedState(instance);
  expect(state.requests.map((one) => one.url)).toEqual(['/slow?2']);
  expect(state.processes.filter((row) => row.role === 'daemon')).toHaveLength(3);
  await slow;
  expect(await observedStacks(instance)).toHaveLength(3);
  await apache.stop();
});

test.concurrent('the original, started by hand: what it set up, its logs and traffic, the command that would supervise it; stop ends it', async () => {
  const original = await startByHand(['--processes', '2', '--threads', '3', '--access-log', '--request-timeout', '30']);
  const {seen, events} = await look(original.apachePid, 'original');
  const state = () => seen.engine.state();
  expect(state().info).toMatchObject({
    url: `http://127.0.0.1:${original.port}/`,
    serverRoot: original.serverRoot,
    script: original.script,
    processGroup: `127.0.0.1:${original.port}`,
    modWsgi: columns()[1]!.version,
    mpm: 'event',
    processes: 2,
    threads: 3,
    requestTimeout: 30,
    errorLog: join(original.serverRoot, 'error_log'),
    accessLog: join(original.serverRoot, 'access_log'),
  });
  expect(state().info?.foreign?.gains.at(-1)).toBe(`restart it as: wsgideck run -- ${original.command.join(' ')}`);
  await until('two daemons and a child', () => {
    const roles = state().processes.map((row) => row.role);
    return roles.filter((role) => role === 'daemon').length === 2 && roles.includes('child');
  });
  expect(state().processes.map((row) => row.role)).not.toContain('supervisor');
  await original.get('/error');
  await until('its line in the access log', () => events.some((one) => one.type === 'log' && one.entry.access?.url === '/error'));
  await until('its line in the error log', () => events.some((one) => one.type === 'log' && one.entry.text.includes('told to fail')));
  await until('its 5xx', () => state().traffic.some((one) => one.errors5xx === 1));
  expect(await seen.engine.command({type: 'stop', now: true})).toMatchObject({ok: true});
  await seen.finished;
  await until('its end', () => !alive(original.apachePid));
  await seen.close();
});

test.concurrent('logs that the original rotates are followed from one file to the next', async () => {
  const original = await startByHand(['--rotate-logs', '--max-log-size', '1', '--access-log', '--log-level', 'info']);
  const {seen, events} = await look(original.apachePid, 'original');
  const files = () => readdirSync(original.serverRoot).filter((name) => name.startsWith('error_log.'));
  const inLog = (text: string) => events.some((one) => one.type === 'log' && one.entry.text.includes(text));
  await original.get('/print?before');
  await until('a line of the first file', () => inLog('before'));
  await until('a second file', async () => {
    await original.get('/flood');
    return files().length > 1;
  });
  await original.get('/print?after');
  await until('a line of the second file', () => inLog('after'));
  expect(seen.engine.state().notices).toEqual([]);
  await seen.close();
  process.kill(original.apachePid, 'SIGTERM');
  await until('its end', () => !alive(original.apachePid));
});

test.concurrent('who may read little sees what there is, is told what not and why, and may not act', {tags: ['root']}, async () => {
  const lines = ['CustomLog ${ONLY_APACHE}/odd.log combined'];
  const apache = await startSystem({modulePath: columns()[0]!.modulePath, secondDisplay: '', lines});
  chmodSync(apache.logDir, 0o700);
  const {state, stop} = await lookAsNobody(apache.pid);
  const groups = state.processes.filter((row) => row.role === 'daemon').map((row) => row.label);
  expect(groups.toSorted()).toEqual(['first', 'first', 'second']);
  expect(state.requests).toEqual([]);
  expect(state.scoreboard?.idle).toBeGreaterThan(0);
  const texts = state.notices.map(({text}) => text);
  expect(texts).toContain(`the error log ${apache.logDir}/first-error.log may not be read by nobody`);
  expect(state.notices.find(({text}) => text.includes('may not be read'))?.remedy).toContain('sudo');
  expect(texts.find((text) => text.includes('variables'))).toContain('${ONLY_APACHE}/odd.log');
  expect(texts.some((text) => /^Apache \d+ belongs to root/.test(text))).toBe(true);
  expect(stop).toEqual({ok: false, text: `not permitted: Apache ${apache.pid} belongs to root; attach as that user or with sudo`});
  expect((await apache.get('first', '/')).status).toBe(200);
  await apache.stop();
});

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {observe, observedState} from '../../src/instance/observed/attach.ts';
import type {DeckEvent, ProcessRole} from '../../src/model/events.ts';
import {startSystem} from '../fixtures/observed/system-apache.ts';
import {startOriginal} from '../fixtures/run/original.ts';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {processInfo} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

/** What the feature promises, in milliseconds. */
const SEEN_WITHIN = 2000;

const NAMES: [ProcessRole, string][] = [
  ['apache', "Apache's parent process"],
  ['daemon', 'daemon process'],
  ['child', "Apache's child process"],
];

const phasesSince = (deck: RunningDeck, at: number) =>
  deck.events().flatMap((event) => (event.type === 'phase' && event.at >= at ? [event] : []));

const next = (deck: RunningDeck, at: number, phase: string) =>
  until(`${phase} again`, () => phasesSince(deck, at).find((event) => event.phase === phase));

/** Stops each kind of process in turn; the server is degraded with its reason, never ready, and ready again afterwards. */
async function stopEach(deck: RunningDeck): Promise<void> {
  const {rows} = await deck.waitEvent('processes', (event) => NAMES.every(([role]) => event.rows.some((row) => row.role === role)));
  for (const [role, name] of NAMES) {
    const {pid} = rows.find((row) => row.role === role)!;
    const stopped = Date.now();
    process.kill(pid, 'SIGSTOP');
    const event = await next(deck, stopped, 'degraded');
    // Apache asks for the signal of its children, and the kernel then forgets it.
    const by = role === 'apache' ? 'SIGSTOP' : '(SIGSTOP|a signal)';
    expect(event.detail).toMatch(new RegExp(`^${name} ${pid} is stopped by ${by}; kill -CONT ${pid} continues it$`));
    expect(event.at - stopped).toBeLessThan(SEEN_WITHIN);
    // Long enough for an agent to fall silent and to be dumped.
    await until('two more readings', () => deck.events().filter(({type, at}) => type === 'processes' && at > event.at + 500).length > 1);
    expect(phasesSince(deck, stopped).map((one) => one.phase)).toEqual(['degraded']);
    const continued = Date.now();
    process.kill(pid, 'SIGCONT');
    expect((await next(deck, continued, 'ready')).at - continued).toBeLessThan(SEEN_WITHIN);
  }
  expect(deck.events().filter((event) => event.type === 'agent' && event.state === 'wedged')).toEqual([]);
  expect(deck.events().filter((event) => event.type === 'incident')).toEqual([]);
}

for (const column of columns()) {
  test(`a stopped process is named within two seconds, and the server is not called ready (${column.name})`, async () => {
    const deck = await startDeck({app: 'terminal', column, mode: 'json', args: ['--reload-on-changes']});
    await deck.waitEvent('phase', (event) => event.phase === 'ready');
    await stopEach(deck);
    await deck.stop();
  });
}

test('the same under wsgideck run', async () => {
  const deck = await startOriginal();
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  await stopEach(deck);
  await deck.stop();
});

const REASON = /degraded.*Apache's parent process \d+ is stopped by SIGSTOP; kill -CONT \d+ continues it/;

for (const strategy of ['swap', 'restart'])
  test(`what is saved while Apache is stopped goes live when it continues; commands are refused with the reason (${strategy})`, async () => {
    const deck = await startDeck({
      app: 'terminal',
      column: columns()[0]!,
      mode: 'tty',
      args: ['--reload-on-changes', '--reload-strategy', strategy],
      cols: 160,
    });
    await deck.tty.waitFor(/ready/);
    const apache = Number((await deck.get('/stat')).body.split(' ')[1]);
    process.kill(apache, 'SIGSTOP');
    await deck.tty.waitFor(REASON);
    // The Overview names it with what to do, and nothing else beside it. The log may have a line of it by then.
    await deck.tty.waitFor((screen) => (screen.match(/is stopped by SIGSTOP/g) ?? []).length >= 2);
    expect(deck.tty.screen()).not.toContain('does not answer as it should');
    deck.tty.press('5');
    await deck.tty.waitFor(new RegExp(`apache +${apache} .* stopped`));
    deck.tty.press('1');
    writeFileSync(join(deck.appDir, 'breakpoints.py'), 'view = lambda: "new code"\n');
    await deck.tty.waitFor(/breakpoints\.py changed, and is loaded when the stopped processes continue/);
    for (const words of [['reload'], ['restart']]) {
      const {status, stderr, stdout} = await command([...words, String(deck.port)]);
      expect([words, status, `${stdout}${stderr}`]).toEqual([
        words,
        1,
        expect.stringContaining(`no ${words[0]} now: Apache's parent process ${apache} is stopped`),
      ]);
    }
    const {status, stdout} = await command(['status', String(deck.port)]);
    expect(status).toBe(3);
    expect(stdout).toMatch(REASON);
    process.kill(apache, 'SIGCONT');
    await expect.poll(async () => (await deck.get('/breakpoint')).body, {timeout: 60_000}).toBe('new code');
    await deck.tty.waitFor(/● ready/);
    await deck.stop();
  });

test('HUP waits for a stopped Apache, and the first ctrl-c ends it', async () => {
  const deck = await startDeck({app: 'terminal', column: columns()[0]!, mode: 'tty', cols: 160});
  await deck.tty.waitFor(/ready/);
  const [, parent] = (await deck.get('/stat')).body.split(' ');
  const apache = Number(parent);
  process.kill(apache, 'SIGSTOP');
  await deck.tty.waitFor(REASON);
  deck.signal('SIGHUP');
  process.kill(apache, 'SIGCONT');
  await deck.tty.waitFor((screen) => /AH00494/.test(screen) && /● ready/.test(screen));
  process.kill(apache, 'SIGSTOP');
  await deck.tty.waitFor(REASON);
  deck.tty.press('\x03');
  await deck.waitExit();
  await deck.waitGone();
});

test('requests of a stopped process open no incident and give no advice; status names the process', async () => {
  const deck = await startDeck({app: 'terminal', column: columns()[0]!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {rows} = await deck.waitEvent('processes', (event) => event.rows.some((row) => row.role === 'daemon'));
  const {pid} = rows.find((row) => row.role === 'daemon')!;
  const answers = Array.from({length: 5}, () => deck.get('/wait', {timeout: 60_000}));
  await deck.waitEvent('requests', (event) => event.requests.length === 5);
  process.kill(pid, 'SIGSTOP');
  const {at} = await deck.waitEvent('phase', (event) => event.phase === 'degraded');
  // All threads busy for so long would be an incident.
  await until('ten seconds of figures', () => deck.events().some((event) => event.type === 'traffic' && event.at > at + 10_000), 30_000);
  const said = deck.events().filter(({type}) => ['incident', 'verdict', 'advice', 'stacks'].includes(type));
  expect(said).toEqual([]);
  const {status, stdout} = await command(['status', String(deck.port)]);
  expect([status, stdout.split('\n')[0]]).toEqual([3, expect.stringContaining(`daemon process ${pid} is stopped by`)]);
  process.kill(pid, 'SIGCONT');
  expect((await Promise.all(answers)).map((one) => one.status)).toEqual([200, 200, 200, 200, 200]);
  await deck.stop();
});

test('an Apache that is stopped while it starts is what the start waits for', async () => {
  const deck = await startDeck({app: 'terminal', column: columns()[0]!, mode: 'json', probe: null});
  const httpd = () => deck.processes().find((one) => one.command.includes('-k start') && !one.command.includes('wsgideck-guard'));
  const {pid} = await until('Apache', httpd);
  process.kill(pid, 'SIGSTOP');
  const told = (event: DeckEvent) => event.type === 'phase' && event.detail.includes(`process ${pid} is stopped by`);
  await until('the reason', () => deck.events().find(told));
  const from = deck.events().findIndex(told);
  expect(['starting', 'degraded']).toContain((deck.events()[from] as {phase?: string}).phase);
  await until(
    'two more readings',
    () =>
      deck
        .events()
        .slice(from)
        .filter(({type}) => type === 'processes').length > 1,
  );
  expect(
    deck
      .events()
      .slice(from)
      .some((event) => event.type === 'phase' && event.phase === 'ready'),
  ).toBe(false);
  process.kill(pid, 'SIGCONT');
  await until('ready', () =>
    deck
      .events()
      .slice(from)
      .some((event) => event.type === 'phase' && event.phase === 'ready'),
  );
  await deck.stop();
});

test('a process that a debugger holds is named with the debugger', async () => {
  const deck = await startDeck({app: 'terminal', column: columns()[0]!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {rows} = await deck.waitEvent('processes', (event) => event.rows.some((row) => row.role === 'daemon'));
  const {pid} = rows.find((row) => row.role === 'daemon')!;
  const tracer = spawn('/usr/bin/python3', [new URL('../fixtures/observed/tracer.py', import.meta.url).pathname, String(pid)], {
    stdio: 'pipe',
  });
  await once(tracer.stdout, 'data');
  expect(processInfo(pid)?.state).toBe('t');
  const {detail} = await deck.waitEvent('phase', (event) => event.phase === 'degraded');
  expect(detail).toMatch(
    new RegExp(
      `^daemon process ${pid} is stopped by python3\\S* \\(process ${tracer.pid}\\); it continues when process ${tracer.pid} detaches or ends$`,
    ),
  );
  const from = Date.now();
  tracer.stdin.end();
  await next(deck, from, 'ready');
  expect(deck.events().filter((event) => event.type === 'agent' && event.state === 'wedged')).toEqual([]);
  await deck.stop();
});

test('a system Apache that is only observed: named, never ready, and taken back', async () => {
  const {modulePath, pythonHome} = columns()[0]!;
  const apache = await startSystem({modulePath, pythonHome});
  await apache.get('first', '/a');
  const instance = {kind: 'system' as const, name: 'apache2', apachePid: apache.pid};
  process.kill(apache.pid, 'SIGSTOP');
  try {
    const words = `Apache's parent process ${apache.pid} is stopped by SIGSTOP; kill -CONT ${apache.pid} continues it`;
    expect((await observedState(instance)).lifecycle).toMatchObject({phase: 'degraded', detail: words});
    const listed = JSON.parse((await command(['ps', '--json'])).stdout) as {pid: number; state?: string; problem?: string}[];
    expect(listed.find((one) => one.pid === apache.pid)).toMatchObject({
      state: 'degraded',
      problem: `Apache's parent process ${apache.pid} is stopped by SIGSTOP`,
    });
    const seen = await observe(instance, {place: tempDir()});
    const events: DeckEvent[] = [];
    seen.engine.listen((event) => events.push(event));
    expect(seen.engine.state().lifecycle).toMatchObject({phase: 'degraded', detail: words});
    process.kill(apache.pid, 'SIGCONT');
    await until('ready', () => seen.engine.state().lifecycle.phase === 'ready');
    const {pid} = seen.engine.state().processes.find((row) => row.role === 'daemon')!;
    const stopped = Date.now();
    process.kill(pid, 'SIGSTOP');
    const told = () =>
      events.find((event) => event.type === 'phase' && event.phase === 'degraded' && event.detail.startsWith(`daemon process ${pid} `));
    expect((await until('the reason', told)).at - stopped).toBeLessThan(SEEN_WITHIN);
    process.kill(pid, 'SIGCONT');
    await until('ready', () => seen.engine.state().lifecycle.phase === 'ready');
    await seen.close();
  } finally {
    process.kill(apache.pid, 'SIGCONT');
  }
});

import {execFile} from 'node:child_process';
import {readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import type {Incident, IncidentKind, IncidentSummary} from '../../src/model/incidents.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const APP = resolve(import.meta.dirname, '../fixtures/incidents');
const DEMO = resolve(import.meta.dirname, '../../demo');
const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
/** Two threads and four seconds: mod_wsgi gives up on a request after 4 to 8 s, depending on its version. */
const ARGS = ['--threads', '2', '--request-timeout', '4', '--shutdown-timeout', '1'];

const ask = (deck: RunningDeck, path: string): void => void deck.get(path, {timeout: 60_000}).catch(() => null);
const folderOf = (root: string): string => join(root, 'wsgideck', 'incidents');

/** All on the disk, as whoever comes after a power cut finds them. */
function onDisk(root: string): Incident[] {
  return readdirSync(folderOf(root))
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folderOf(root), name), 'utf8')) as Incident);
}

function waitDisk(root: string, kind: IncidentKind, test: (incident: Incident) => boolean): Promise<Incident> {
  return until(`an incident ${kind} on disk`, () => onDisk(root).find((one) => one.summary.kind === kind && test(one)), 30_000);
}

/** `wsgideck incidents …`: what it printed, and its status. */
async function command(...words: string[]): Promise<{out: string; err: string; status: number}> {
  try {
    const {stdout, stderr} = await promisify(execFile)(process.execPath, [BUNDLE, 'incidents', ...words]);
    return {out: stdout, err: stderr, status: 0};
  } catch (error) {
    const {stdout, stderr, code} = error as {stdout: string; stderr: string; code: number};
    return {out: stdout, err: stderr, status: code};
  }
}

const parsed = <T>(text: string): T[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

describe.each(columns())('incidents of a real server ($name)', (column) => {
  let deck: RunningDeck;
  const root = join(tempDir(), 'root');

  beforeAll(async () => {
    deck = await startDeck({app: APP, column, mode: 'json', args: [...ARGS, '--server-root', root]});
    await deck.waitEvent('agent', (event) => event.state === 'connected');
  });
  afterAll(() => deck.kill());

  test('a crash: the line, its stack, the request and the log lines are on disk', async () => {
    ask(deck, '/fault?0&token=abcdef');
    const {summary, captures, inFlight, log} = await waitDisk(root, 'crash', (one) => one.captures.length > 0 && one.summary.cause !== '');
    expect(summary.where).toMatchObject({file: join(deck.appDir, 'app.wsgi'), func: 'fault'});
    expect(summary.title).toContain('GET /fault?0&token=***');
    expect(captures.some((one) => one.cause === 'crash' && one.threads[0]!.frames.some((frame) => frame.func === 'fault'))).toBe(true);
    expect(inFlight.map((one) => one.url)).toEqual(['/fault?0&token=***']);
    expect(log.length).toBeGreaterThan(0);
    expect(readFileSync(join(folderOf(root), `${summary.id}.json`), 'utf8')).not.toContain('abcdef');
    expect(statSync(folderOf(root)).mode & 0o777).toBe(0o700);
    expect(statSync(join(folderOf(root), `${summary.id}.json`)).mode & 0o777).toBe(0o600);
  });

  test('a request timeout: seen as stuck before, one incident, with the line', async () => {
    ask(deck, '/sleep?60');
    ask(deck, '/sleep?60');
    const {id} = (await deck.waitEvent('incident', ({incident}) => incident.kind === 'request-timeout')).incident;
    const {summary, captures, log} = await waitDisk(
      root,
      'request-timeout',
      (one) =>
        one.captures.some((capture) => capture.method === 'mod_wsgi') && one.log.some((entry) => /time limit exceeded/.test(entry.text)),
    );
    expect(summary.id).toBe(id);
    expect(summary.title).toMatch(/^request timeout: GET \/sleep\?60 after \d/);
    expect(summary.where).toMatchObject({file: join(deck.appDir, 'app.wsgi'), func: 'sleep'});
    expect(summary.cause).not.toBe('');
    expect(captures.some((one) => one.threads.some((thread) => thread.request?.url === '/sleep?60'))).toBe(true);
    expect(log.some((entry) => entry.kind === 'stack-dump')).toBe(true);
  });

  test('listed, shown and exported, on the command line and through the socket', async () => {
    const listed = parsed<IncidentSummary>((await command(root, '--json')).out);
    expect(listed.map((one) => one.kind)).toEqual(expect.arrayContaining(['crash', 'request-timeout']));
    const crash = listed.find((one) => one.kind === 'crash')!;
    const text = await command(root, crash.id);
    expect(text.status).toBe(0);
    expect(text.out).toContain('app.wsgi');
    expect(text.out).toContain('What it means');
    expect((await command(root)).out).toContain(crash.id);
    expect(parsed<Incident>((await command('--server-root', root, crash.id, '--json')).out)[0]!.summary.id).toBe(crash.id);
    const file = join(tempDir(), 'incident.html');
    expect((await command(root, crash.id, '--format', 'html', '--output', file)).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('<h2>Stacks</h2>');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await command(root, crash.id, '--format', 'html', '--output', file)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/exists already/),
    });
    expect(await command(root, '20200101-000000-ffff')).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(/^wsgideck: error: there is no incident .*\n$/),
    });
    expect(await command(root, '--format', 'html')).toMatchObject({status: 2, out: ''});

    const client = await connectDeck(join(root, 'wsgideck', 'control.sock'), {client: 'test'});
    expect((await client.ask({type: 'incident', id: crash.id}))?.summary.kind).toBe('crash');
    expect(await client.ask({type: 'incident', id: 'no-such'})).toBeNull();
    const exported = await client.send({type: 'export-incident', id: crash.id, format: 'markdown'});
    expect(exported).toEqual({ok: true, text: join(folderOf(root), `${crash.id}.md`)});
    expect(statSync(exported.text).mode & 0o777).toBe(0o600);
    const filed = await client.send({type: 'file-incident'});
    expect(filed.ok).toBe(true);
    await until('the filed one', () => client.state().incidents.find((one) => one.kind === 'by-hand'));
    client.end();
  });

  test('the supervisor killed during an incident: it is there without a server, and on the next start', async () => {
    const before = new Set(onDisk(root).map((one) => one.summary.id));
    // The interpreter is held: the process cannot say anything any more.
    ask(deck, '/hold?60');
    const {incident} = await deck.waitEvent('incident', (event) => event.incident.kind === 'wedged' && !before.has(event.incident.id));
    deck.signal('SIGKILL');
    await deck.waitExit();
    await deck.waitGone(40_000);

    const left = parsed<IncidentSummary>((await command(root, '--json')).out).find((one) => one.id === incident.id)!;
    expect(left).toMatchObject({kind: 'wedged', earlier: true, where: {func: 'hold'}});
    expect(left.closedAt).not.toBeNull();

    deck = await startDeck({app: APP, column, mode: 'json', args: [...ARGS, '--server-root', root]});
    const again = await deck.waitEvent('incident', (event) => event.incident.id === incident.id);
    expect(again.incident).toMatchObject({kind: 'wedged', earlier: true});
    expect(again.incident.closedAt).not.toBeNull();
    const listed = parsed<IncidentSummary>((await command(root, '--json')).out);
    expect(listed.filter((one) => one.id === incident.id)).toMatchObject([{earlier: true}]);
    expect(parsed<Incident>((await command(root, incident.id, '--json')).out)[0]!.captures.length).toBeGreaterThan(0);
    // The start and the end of Apache are none.
    const others = listed
      .map((one) => one.kind)
      .filter((kind) => !['crash', 'request-timeout', 'wedged', 'by-hand', 'saturated'].includes(kind));
    expect(others).toEqual([]);
    await deck.stop();
    rmSync(root, {recursive: true, force: true});
  });
});

describe.each(columns())('one trouble is one incident ($name)', (column) => {
  /** Those that are known when nothing more can follow from what was seen: what is unclear is decided after some seconds. */
  async function known(deck: RunningDeck, since: number): Promise<IncidentSummary[]> {
    await deck.waitEvent('traffic', ({window}) => window.at > since + 6000);
    return [
      ...new Map(deck.events().flatMap((one) => (one.type === 'incident' ? [[one.incident.id, one.incident] as const] : []))).values(),
    ];
  }

  test.concurrent('requests that are cut with a process that was given up follow from that', async () => {
    // A process that drains for longer than what else is told of around its end.
    const args = ['--threads', '6', '--request-timeout', '4', '--shutdown-timeout', '4'];
    const deck = await startDeck({app: DEMO, column, mode: 'json', args});
    await deck.waitEvent('agent', (event) => event.state === 'connected');
    const answers = Array.from({length: 6}, () => deck.get('/slow?s=60', {timeout: 60_000}).catch(() => null));
    const {pid} = await deck.waitEvent('restart', (event) => event.cause === 'request-timeout', 40_000);
    const {at} = await deck.waitEvent('agent', (event) => event.state === 'gone' && event.pid === pid);
    expect((await Promise.all(answers)).filter((one) => (one?.status ?? 0) >= 500)).toHaveLength(6);
    const incidents = await known(deck, at);
    expect(incidents.map((one) => one.kind)).toContain('request-timeout');
    expect(incidents.filter((one) => one.kind === 'server-errors')).toEqual([]);
    await deck.kill();
  });

  test.concurrent('a burst of answers with headers that are too long has one, with the path', async () => {
    const deck = await startDeck({app: DEMO, column, mode: 'json'});
    await deck.waitEvent('agent', (event) => event.state === 'connected');
    await Promise.all(Array.from({length: 8}, () => deck.get('/header?kb=64')));
    const {at} = await deck.waitEvent('traffic', ({window}) => window.errors5xx > 0);
    const incidents = await known(deck, at);
    expect(incidents.map((one) => [one.kind, one.title])).toEqual([
      ['server-errors', expect.stringMatching(/^response headers too long: GET \/header\?kb=64$/)],
    ]);
    await deck.kill();
  });
});

test('an application that does not load has its incident, with the line of the import', async () => {
  const deck = await startDeck({app: APP, script: 'failing.wsgi', column: columns()[0]!, mode: 'json'});
  const {incident} = await deck.waitEvent('incident', (event) => event.incident.kind === 'failed-load' && event.incident.where !== null);
  expect(incident.where).toMatchObject({file: join(deck.appDir, 'failing.wsgi'), line: 3});
  expect(incident.cause).not.toBe('');
  await deck.stop();
});

test('a damaged incident is told from one that was never there: by its id and in the list, with and without a server', async () => {
  const deck = await startDeck({app: APP, script: 'failing.wsgi', column: columns()[0]!, mode: 'json'});
  const {incident} = await deck.waitEvent('incident', (event) => event.incident.kind === 'failed-load');
  const other = '20260101-000000-abcd';
  const folder = folderOf(deck.serverRoot);
  writeFileSync(join(folder, `${other}.json`), '{"v":1,\n');
  const isDamaged = async (id: string, word: string) => {
    const {status, out, err} = await command(deck.serverRoot, word);
    expect({status, out}).toEqual({status: 1, out: ''});
    expect(err).toMatch(/; put back a good copy, or remove it\n$/);
    expect(err.split('\n')).toHaveLength(2);
    expect(err).toContain(`wsgideck: error: incident ${id} is damaged: ${join(folder, `${id}.json`)}: `);
  };
  const leftOut = async () => {
    const {status, err} = await command(deck.serverRoot);
    expect({status, lines: err.split('\n').length}).toEqual({status: 0, lines: 2});
    return err;
  };
  await isDamaged(other, other);
  expect(await leftOut()).toContain(`1 damaged file is left out: ${other}.json in ${folder}; `);
  await deck.stop();
  truncateSync(join(folder, `${incident.id}.json`), 100);
  await isDamaged(incident.id, incident.id);
  await isDamaged(other, 'abcd');
  expect(await leftOut()).toContain(`2 damaged files are left out: ${other}.json, ${incident.id}.json in ${folder}; `);
  expect(await command(deck.serverRoot, '20200101-000000-ffff')).toMatchObject({err: expect.stringMatching(/there is no incident/)});
});

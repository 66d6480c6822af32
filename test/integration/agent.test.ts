import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {startAgentServer, type AgentServer} from '../fixtures/agent/server.ts';
import {lateness} from '../support/load.ts';
import {columns} from '../support/mod-wsgi.ts';
import {sleep} from '../support/wait.ts';

const APP = readFileSync(join(import.meta.dirname, '../fixtures/agent/app.wsgi'), 'utf8').split('\n');

/** Number of the application's line with this text, 1-based. */
const lineOf = (text: string) => {
  const index = APP.findIndex((line) => line.includes(text));
  if (index < 0) throw new Error(`the application has no line with ${text}`);
  return index + 1;
};

let server: AgentServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

describe.each(columns())('agent in mod_wsgi $name', (column) => {
  test('names a slow request, and joins its stack', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    server.hub.setCadence(100);
    const sentAt = Date.now();
    const reply = server.get('/slow?1.5');
    const {requests, busy, total} = await server.event('requests', (event) => event.requests[0]?.at !== undefined);
    expect(requests).toMatchObject([
      {pid, method: 'GET', url: '/slow?1.5', client: '127.0.0.1', at: `app.wsgi:${lineOf('time.sleep(float')} in application`},
    ]);
    expect([busy, total]).toEqual([1, 5]);
    expect(requests[0]!.startedAt).toBeGreaterThanOrEqual(sentAt - 50);
    const seenAt = Date.now();
    expect(requests[0]!.startedAt).toBeLessThanOrEqual(seenAt);
    expect(requests[0]!.queueMs).toBeLessThanOrEqual(seenAt - sentAt);

    const [capture] = await server.hub.takeStacks(pid);
    expect(capture).toMatchObject({pid, method: 'agent', cause: 'asked'});
    const serving = capture!.threads.find((thread) => thread.request)!;
    expect(serving.ident).toBe(requests[0]!.ident);
    expect(serving.request).toMatchObject({id: requests[0]!.id, method: 'GET', url: '/slow?1.5'});
    expect(serving.frames[0]).toEqual({
      file: server.script,
      line: lineOf('time.sleep(float'),
      func: 'application',
      source: 'time.sleep(float(environ["QUERY_STRING"] or 3))',
    });
    expect((await reply).body).toBe('|/slow\n');
    await server.event('requests', (event) => event.requests.length === 0);
  });

  test('names the line that holds the interpreter within two seconds', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    // Two that merely wait must not be taken for the culprit.
    const others = [server.get('/slow?6'), server.get('/slow?0.3')];
    await server.event('requests', (event) => event.requests.length > 0);
    const gil = `app.wsgi:${lineOf('LIBC.sleep')} in application`;
    const [sentAt, late] = [Date.now(), lateness(process.pid, pid)];
    const reply = server.get('/gil');
    const wedged = await server.event('agent', (event) => event.state === 'wedged');
    expect(wedged.at - sentAt).toBeLessThan(2000 + late());
    expect(wedged).toMatchObject({pid, detail: `holds the interpreter: ${gil}`});
    const {capture} = await server.event('stacks');
    expect(capture).toMatchObject({method: 'faulthandler', cause: 'wedged'});
    expect(capture.title).toBe(`interpreter held by GET /gil at ${gil}`);
    expect(capture.threads[0]).toMatchObject({request: {method: 'GET', url: '/gil'}});
    expect(capture.threads[0]!.frames[0]).toMatchObject({file: server.script, line: lineOf('LIBC.sleep'), source: 'LIBC.sleep(4)'});
    expect((await reply).status).toBe(200);
    await server.event('agent', (event) => event.state === 'recovered');
    await Promise.all(others);
  });

  test('names a background thread that holds the interpreter', async () => {
    server = await startAgentServer(column);
    await server.daemon();
    await server.get('/background');
    // It takes the interpreter a second later; this one has only just begun to wait then.
    await sleep(900);
    const waiting = server.get('/slow?0.5');
    const wedged = await server.event('agent', (event) => event.state === 'wedged');
    expect(wedged.detail).toBe(`holds the interpreter: app.wsgi:${lineOf('LIBC.usleep')} in hoard`);
    const {capture} = await server.event('stacks');
    expect(capture.title).toBe(`interpreter held by a thread without a request at app.wsgi:${lineOf('LIBC.usleep')} in hoard`);
    expect(capture.threads[0]).toMatchObject({name: 'hoarder'});
    await server.event('agent', (event) => event.state === 'recovered');
    await waiting;
  });

  test('names the regular expression that will not end, on a processor the whole time', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    const reply = server.get('/regex', 30_000).catch(() => null);
    const waiting = server.get('/slow?0.1', 30_000).catch(() => null);
    const wedged = await server.event('agent', (event) => event.state === 'wedged');
    expect(wedged.detail).toBe(`holds the interpreter: app.wsgi:${lineOf('re.match')} in application`);
    expect(server.hub.lastRequests(pid).map((one) => one.url)).toContain('/regex');
    const [began, late] = [performance.now(), lateness(process.pid, pid)];
    const [capture] = await server.hub.takeStacks(pid);
    expect(performance.now() - began).toBeLessThan(300 + late());
    expect(capture).toMatchObject({method: 'faulthandler', cause: 'asked'});
    expect(capture!.threads[0]).toMatchObject({request: {method: 'GET', url: '/regex'}});
    process.kill(pid, 'SIGKILL');
    await Promise.all([reply, waiting]);
  });

  test('says which request a crash happened in', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    const other = server.get('/slow?20').catch(() => null);
    await server.event('requests', (event) => event.requests.length === 1);
    expect((await server.get('/segv')).status).toBeGreaterThanOrEqual(500);
    await server.event('agent', (event) => event.pid === pid && event.state === 'gone');
    const {capture} = await server.event('stacks');
    expect(capture).toMatchObject({pid, method: 'crash', cause: 'crash'});
    expect(capture.title).toBe(`Segmentation fault in GET /segv at app.wsgi:${lineOf('string_at')} in application`);
    expect(capture.threads[0]!.request).toMatchObject({method: 'GET', url: '/segv'});
    expect(capture.threads[0]!.frames.map((frame) => frame.func).slice(0, 2)).toEqual(['string_at', 'application']);
    expect(await server.event('restart')).toMatchObject({pid, cause: 'crash', source: 'agent'});
    expect(
      server.hub
        .lastRequests(pid)
        .map((one) => one.url)
        .toSorted(),
    ).toEqual(['/segv', '/slow?20']);
    await server.event('agent', (event) => event.pid !== pid && event.state === 'connected');
    await other;
  });

  test('finds its way back to a new supervisor', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    await server.hub.close();
    server.events.length = 0;
    expect((await server.get('/')).status).toBe(200);
    await server.openHub();
    expect((await server.event('agent', (event) => event.state === 'connected', 5000)).pid).toBe(pid);
    expect(await server.hub.takeStacks(pid)).toHaveLength(1);
  });

  test('passes exceptions on with their whole traceback', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    expect((await server.get('/boom?x=1')).status).toBe(500);
    const boom = await server.event('exception');
    expect(boom).toMatchObject({
      pid,
      title: 'ValueError: bad thing',
      request: 'GET /boom?x=1',
      file: server.script,
      line: lineOf('raise ValueError'),
    });
    // Python 3.13 marks under a call what of it is meant.
    expect(boom.traceback.filter((line) => !/^ *[~^]+$/.test(line))).toEqual([
      'Traceback (most recent call last):',
      `  File "${server.script}", line ${lineOf('inner("bad')}, in application`,
      '    inner("bad thing")',
      `  File "${server.script}", line ${lineOf('raise ValueError')}, in inner`,
      '    raise ValueError(text)',
      'ValueError: bad thing',
    ]);
    await server.get('/stream').catch(() => null);
    expect(await server.event('exception', (event) => event.title.startsWith('KeyError'))).toMatchObject({
      request: 'GET /stream',
      line: lineOf('raise KeyError'),
    });
  });
});

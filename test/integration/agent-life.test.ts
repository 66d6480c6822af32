import {readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {createServer, type Socket} from 'node:net';
import {chownSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {startAgentServer, type AgentServer} from '../fixtures/agent/server.ts';
import {lateness} from '../support/load.ts';
import {columns} from '../support/mod-wsgi.ts';
import {alive} from '../support/processes.ts';
import {sleep, until} from '../support/wait.ts';

let server: AgentServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

/** Writes a script anew, with a modification time that differs from the one before for certain. */
function rewrite(path: string, text: string): void {
  writeFileSync(path, text);
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
}

describe.each(columns())('a daemon process of mod_wsgi $name', (column) => {
  test('sends its stacks and the reason when the request timeout stops it', async () => {
    server = await startAgentServer(column, {threads: 1, daemon: 'request-timeout=1'});
    const pid = await server.daemon();
    await server.get('/slow?30');
    const restart = await server.event('restart');
    expect(restart).toMatchObject({pid, cause: 'request-timeout', processGroup: 'app', source: 'agent'});
    expect(restart.inFlight).toMatchObject([{method: 'GET', url: '/slow?30'}]);
    const {capture} = await server.event('stacks');
    expect(capture).toMatchObject({pid, method: 'agent', cause: 'request-timeout'});
    expect(capture.title).toMatch(/^request timeout: GET \/slow\?30 after \d+\.\d s$/);
    expect(capture.threads[0]).toMatchObject({request: {url: '/slow?30'}, frames: [{func: 'application'}, {func: 'handle_request'}]});
    const next = await server.event('agent', (event) => event.state === 'connected' && event.pid !== pid);
    expect(server.hub.lastRequests(pid)).toMatchObject([{url: '/slow?30'}]);
    expect(alive(next.pid)).toBe(true);
  });

  test('tells why a script does not load, and loads it once it is mended', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    const good = readFileSync(server.script, 'utf8');
    rewrite(server.script, 'import nothing_of_this_name\n');
    expect((await server.get('/')).status).toBe(500);
    const exception = await server.event('exception');
    expect(exception).toMatchObject({title: "ModuleNotFoundError: No module named 'nothing_of_this_name'", file: server.script, line: 1});
    expect(exception.pid).not.toBe(pid);
    expect(exception.request).toBeUndefined();
    await server.event('agent', (event) => event.detail?.startsWith('did not load: ModuleNotFoundError') ?? false);
    rewrite(server.script, 'def application(environ, start_response)\n    pass\n');
    expect((await server.get('/')).status).toBe(500);
    expect(await server.event('exception', (event) => event.title.startsWith('SyntaxError'))).toMatchObject({file: server.script, line: 1});
    rewrite(server.script, good);
    expect(await server.get('/again')).toMatchObject({status: 200, body: '|/again\n'});
    await server.event('agent', (event) => event.pid === exception.pid && event.state === 'connected' && event.detail === undefined);
  });

  test('is replaced when its script changes', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    rewrite(server.script, readFileSync(server.script, 'utf8').replace('"%s|%s\\n"', '"new %s|%s\\n"'));
    // The script is looked at a hundred times a second, not at each request.
    await until('the new script', async () => (await server!.get('/x')).body === 'new |/x\n');
    await server.event('agent', (event) => event.pid === pid && event.state === 'gone');
    expect(server.events.filter((event) => event.type === 'stacks')).toEqual([]);
  });

  test('serves a module under a mount point', async () => {
    server = await startAgentServer(column, {settings: {mount_point: '/shop'}, module: 'shop.site'});
    expect((await server.get('/shop/basket/1?x=2')).body).toBe('/shop|/basket/1\n');
    expect((await server.get('/shop')).body).toBe('/shop|\n');
    expect((await server.get('/shopping')).body).toBe('|/shopping\n');
  });

  test('is seen by its agent also when mod_wsgi serves the script itself', async () => {
    server = await startAgentServer(column, {handler: false});
    const pid = await server.daemon();
    const reply = server.get('/slow?1');
    expect(await server.event('requests', (event) => event.requests.length === 1)).toMatchObject({requests: [{pid, url: '/slow?1'}]});
    await reply;
    expect((await server.get('/boom')).status).toBe(500);
    const exception = await server.event('exception');
    expect(exception).toMatchObject({title: 'ValueError: bad thing', request: 'GET /boom', file: server.script});
    expect(exception.traceback.at(-1)).toBe('ValueError: bad thing');
  });

  test('is said to be stopped, not dumped, when somebody has stopped it', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    process.kill(pid, 'SIGSTOP');
    const silent = await server.event('agent', (event) => event.state === 'silent' && event.detail?.includes('SIGSTOP') === true);
    expect(silent.pid).toBe(pid);
    expect(await server.hub.takeStacks(pid)).toEqual([]);
    process.kill(pid, 'SIGCONT');
    await server.event('agent', (event) => event.state === 'recovered');
    expect((await server.get('/')).status).toBe(200);
    expect((await server.event('agent', (event) => event.pid === pid)).state).toBe('recovered');
  });

  test('leaves its last requests and no files when it is killed', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    const reply = server.get('/slow?30').catch(() => null);
    await server.event('requests', (event) => event.requests.length === 1);
    process.kill(pid, 'SIGKILL');
    await server.event('agent', (event) => event.pid === pid && event.state === 'gone');
    expect(server.hub.lastRequests(pid)).toMatchObject([{pid, url: '/slow?30'}]);
    const run = join(server.root, 'wsgideck/run', `${pid}`);
    for (const kind of ['slots', 'fault']) expect(() => readFileSync(`${run}.${kind}`)).toThrow('ENOENT');
    await reply;
  });

  test('is not held up by a supervisor that reads nothing', async () => {
    server = await startAgentServer(column);
    const pid = await server.daemon();
    await server.hub.close();
    // Never reads, and asks for everything again and again.
    const path = join(server.root, 'wsgideck/agent.sock');
    const clients: Socket[] = [];
    const deaf = createServer((socket) => clients.push(socket.pause().on('error', () => {})));
    rmSync(path, {force: true});
    await new Promise<void>((resolve) => deaf.listen(path, resolve));
    if (process.getuid?.() === 0) chownSync(path, 33, 33);
    try {
      const client = await until('the agent', () => clients[0]);
      const question = JSON.stringify({type: 'sample', id: 1, requests: true, stacks: true, metrics: false, at: true});
      for (let count = 0; count < 3000; count++) client.write(`${question}\n`);
      const worst = {ms: 0};
      const end = performance.now() + 3000;
      while (performance.now() < end) {
        const [began, late] = [performance.now(), lateness(process.pid, pid)];
        expect((await server.get('/')).status).toBe(200);
        expect((await server.get('/boom')).status).toBe(500);
        worst.ms = Math.max(worst.ms, performance.now() - began - late());
        await sleep(5);
      }
      expect(worst.ms).toBeLessThan(500);
    } finally {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => deaf.close(resolve));
    }
    server.events.length = 0;
    await server.openHub();
    await server.event('agent', (event) => event.state === 'connected');
  });
});

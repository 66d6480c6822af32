import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {OPTIONS} from '../../src/express/options/table.ts';
import {type ServerPlan, writeServerRoot} from '../../src/express/index.ts';
import {atLeast} from '../../src/express/version.ts';
import {realPlan, type RunningServer, serve} from '../fixtures/express/server.ts';
import {startDeck} from '../support/deck.ts';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {alive} from '../support/processes.ts';
import {tempCopy, tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const ECHO = new URL('../fixtures/express/echo.wsgi', import.meta.url).pathname;

let running: RunningServer | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

async function start(plan: ServerPlan): Promise<RunningServer> {
  running = await serve(plan);
  return running;
}

const json = async (url: string, headers = {}): Promise<Record<string, unknown>> => JSON.parse((await get(url, {headers})).body);

function everything(folder: string): string[] {
  return readdirSync(folder, {recursive: true, encoding: 'utf8'}).map((name) => join(folder, name));
}

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  test('is found with its Python, and serves the application as the run user', async () => {
    const cwd = tempDir();
    const {plan, url} = await start(await realPlan([tempCopy(ECHO)], column, cwd));
    expect(plan.module).toMatchObject({version: column.version, environment: column.pythonHome});
    expect(plan.python.home).toBe(column.pythonHome);
    expect(await json(`${url}/a/b?c=d`)).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/a/b',
      QUERY_STRING: 'c=d',
      'mod_wsgi.process_group': plan.processGroup,
      'mod_wsgi.application_group': '',
      'wsgi.multiprocess': false,
      uid: plan.runUser.uid,
      cwd,
      locale: 'C.UTF-8',
      express: 'true',
    });
  });

  test('says why processes come and go, and writes our access log', async () => {
    const {plan, url} = await start(await realPlan([tempCopy(ECHO)], column));
    expect((await get(`${url}/seen?x=1`)).status).toBe(200);
    const line = await until('the request in the access log', () =>
      readFileSync(plan.paths.deckAccessLog, 'utf8')
        .split('\n')
        .find((text) => text.includes('/seen')),
    );
    expect(line).toMatch(/^\d{16}\t\d+\t200\t\d+[-+X]\t[\w/+-]{11}\t127\.0\.0\.1\t\d+\tGET\t\/seen\?x=1$/);
    expect(readFileSync(plan.paths.errorLog, 'utf8')).toMatch(/\[wsgi:info\] \[pid \d+:tid \d+\] .*Starting (?:daemon )?process/);
  });

  test('odd names: in the server root, the names of services, hosts and variables', async () => {
    const odd = join(tempDir(), `a "b" 'c' %d \\ $x`);
    mkdirSync(odd);
    const script = join(odd, 'it.py');
    writeFileSync(script, 'print("the service is there", flush=True)\nimport time\ntime.sleep(600)\n');
    const argv = [
      '--server-root',
      join(odd, 'root'),
      '--rotate-logs',
      '--service-script',
      'a.b-c',
      script,
      '--service-log-file',
      'a.b-c',
      'out %Y',
    ];
    const {plan, url} = await start(await realPlan([tempCopy(ECHO), '--socket-prefix', tempDir(), ...argv], column));
    expect((await get(`${url}/`)).status).toBe(200);
    await until('the log of the service', () => readFileSync(join(plan.paths.root, 'out %Y'), 'utf8').includes('the service is there'));
    expect(readFileSync(plan.paths.errorLog, 'utf8')).toContain('Starting');
  });

  test('shows nothing to others', async () => {
    const {plan, url} = await start(await realPlan([tempCopy(ECHO), '--access-log', '--startup-log'], column));
    await get(`${url}/`);
    const open = everything(plan.paths.root).filter((path) => (statSync(path).mode & 0o007) !== 0);
    // Apache makes this one itself; the directory keeps others from it.
    expect(open.filter((path) => path !== plan.paths.pidFile)).toEqual([]);
    expect(statSync(plan.paths.root).mode & 0o027).toBe(0);
    expect(statSync(plan.paths.run)).toMatchObject({uid: plan.runUser.uid});
    expect(statSync(plan.paths.run).mode & 0o777).toBe(0o700);
  });

  test('files, aliases, mount point and variables', async () => {
    const site = tempDir();
    for (const folder of ['docs', 'static dir']) mkdirSync(join(site, folder));
    writeFileSync(join(site, 'docs', 'plain.txt'), 'a file');
    writeFileSync(join(site, 'docs', 'gone.html'), 'nothing here');
    writeFileSync(join(site, 'static dir', 'x.css'), 'body {}');
    writeFileSync(join(site, 'one.txt'), 'just one');
    const odd = 'a "b" \'c\' \\ ${DECK_LATER} $x #';
    const {url} = await start(
      await realPlan(
        [
          tempCopy(ECHO),
          '--document-root',
          join(site, 'docs'),
          '--url-alias',
          '/static',
          join(site, 'static dir'),
          '--url-alias',
          '/one.txt',
          join(site, 'one.txt'),
          '--mount-point',
          '/app',
          '--error-document',
          '404',
          '/gone.html',
          '--setenv',
          'DECK_ODD',
          odd,
        ],
        column,
      ),
    );
    expect((await get(`${url}/plain.txt`)).body).toBe('a file');
    expect((await get(`${url}/static/x.css`)).headers['content-type']).toMatch(/^text\/css/);
    expect((await get(`${url}/one.txt`)).body).toBe('just one');
    expect((await get(`${url}/elsewhere`)).body).toBe('nothing here');
    expect((await get(`${url}/apple`)).status).toBe(404);
    expect(await json(`${url}/app/x`)).toMatchObject({SCRIPT_NAME: '/app', PATH_INFO: '/x', deck: {DECK_ODD: odd}});
  });

  test('files only, of the folder that is named; what is missing has the page that was asked for', async () => {
    const site = tempDir();
    mkdirSync(join(site, 'public'));
    writeFileSync(join(site, 'public', 'a.txt'), 'a file');
    writeFileSync(join(site, 'public', 'gone.html'), 'nothing here');
    const argv = ['--application-type', 'static', 'public', '--error-document', '404', '/gone.html'];
    const {url} = await start(await realPlan(argv, column, site));
    expect((await get(`${url}/a.txt`)).body).toBe('a file');
    expect(await get(`${url}/none`)).toMatchObject({status: 404, body: 'nothing here'});
  });

  test('on an IPv6 address', async () => {
    const deck = await startDeck({app: 'options', column, args: ['--host', '::1'], probe: null});
    const answer = await until('an answer', () => fetch(`http://[::1]:${deck.port}/`));
    expect(answer.status).toBe(200);
    await deck.stop();
  });

  test('with --server-name other hosts are turned away', async () => {
    const argv = ['--server-name', 'www.example.test', '--server-alias', '*.example.org'];
    const {plan, url} = await start(await realPlan([tempCopy(ECHO), ...argv], column));
    const status = async (Host: string) => (await get(`${url}/`, {headers: {Host}})).status;
    expect(await status(plan.probe.hostHeader)).toBe(200);
    expect(await status('a.example.org')).toBe(200);
    expect(await status('example.test')).toBe(301);
    expect(await status('evil.test')).toBe(403);
  });

  test('--enable-docs: each page leads to the same one on the site, also beside a proxy for everything', async () => {
    const argv = ['--enable-docs', '--proxy-mount-point', '/', `http://127.0.0.1:${await freePort()}/`];
    const {url} = await start(await realPlan([tempCopy(ECHO), ...argv], column));
    const location = async (path: string) => {
      const {status, headers} = await get(`${url}${path}`);
      return [status, headers['location']];
    };
    const site = 'https://modwsgi.readthedocs.io/';
    expect(await location('/__wsgi__/docs')).toEqual([302, site]);
    expect(await location('/__wsgi__/docs/')).toEqual([302, site]);
    expect(await location('/__wsgi__/docs/user-guides/debugging-techniques.html')).toEqual([
      302,
      `${site}page/user-guides/debugging-techniques.html`,
    ]);
    // Nothing listens behind.
    expect(await location('/__wsgi__/docsx')).toEqual([503, undefined]);
  });

  test('--enable-docs: a copy that is installed is served', async () => {
    const plan = await realPlan([tempCopy(ECHO), '--enable-docs'], column);
    const docs = tempDir();
    writeFileSync(join(docs, 'index.html'), 'the first page');
    writeFileSync(join(docs, 'other.html'), 'another page');
    const {url} = await start({...plan, docs});
    expect((await get(`${url}/__wsgi__/docs`)).headers['location']).toBe(`${url}/__wsgi__/docs/`);
    expect((await get(`${url}/__wsgi__/docs/`)).body).toBe('the first page');
    expect((await get(`${url}/__wsgi__/docs/other.html`)).body).toBe('another page');
    expect((await get(`${url}/__wsgi__/docs/none.html`)).status).toBe(404);
  });

  test('a module, a sub-interpreter and several processes', async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, 'shop'));
    writeFileSync(join(cwd, 'shop', '__init__.py'), '');
    writeFileSync(join(cwd, 'shop', 'web.py'), readFileSync(ECHO));
    const argv = ['--application-type', 'module', 'shop.web', '--application-group', 'sub', '--process-group', 'shop', '--processes', '1'];
    const {url} = await start(await realPlan(argv, column, cwd));
    expect(await json(`${url}/`)).toMatchObject({
      'mod_wsgi.process_group': 'shop',
      'mod_wsgi.application_group': 'sub',
      'wsgi.multiprocess': true,
    });
  });

  test.each(['least', 'greatest'] as const)('the %s values that we let pass are values that Apache takes', async (end) => {
    // Together these would ask for a million threads; each by itself is in the test of all options.
    const multiplied = new Set(['processes', 'threads', 'maxClients']);
    const numbers = OPTIONS.filter(
      (option) => option.range && !['port', 'httpsPort'].includes(option.dest) && !(end === 'greatest' && multiplied.has(option.dest)),
    );
    const argv = numbers.flatMap((option) => {
      if (option.needs && !atLeast(column.version, option.needs)) return [];
      const [least, greatest] = option.range!;
      return [option.flags[0], String(end === 'least' ? least : (greatest ?? 2147483647))];
    });
    // Some of the numbers go into the configuration only together with these.
    const context = ['--rotate-logs', '--access-log', '--proxy-mount-point', '/p', 'http://127.0.0.1:9/'];
    if (atLeast(column.version, '6.0.0')) context.push('--telemetry-service', 'unix:/nowhere');
    const plan = await realPlan([tempCopy(ECHO), ...context, ...argv], column);
    writeServerRoot(plan)();
    expect(spawnSync(plan.httpd.path, ['-f', plan.paths.conf, '-t'], {encoding: 'utf8'}).stderr).toBe('Syntax OK\n');
  });

  test('apachectl works without us', async () => {
    const plan = await realPlan([tempCopy(ECHO), '--setup-only', '--envvars-script', join(tempDir(), 'none')], column);
    writeServerRoot(plan)();
    expect(existsSync(plan.paths.lock)).toBe(false);
    const apachectl = (word: string) => spawnSync(plan.paths.apachectl, [word], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
    expect(apachectl('configtest').status).toBe(0);
    expect(apachectl('status').status).toBe(3);
    execFileSync(plan.paths.apachectl, ['start'], {stdio: 'ignore'});
    try {
      const url = `http://127.0.0.1:${plan.options.port}`;
      await until('an answer', async () => (await get(`${url}/x`)).status === 200);
      expect(apachectl('status').stdout).toContain(plan.info.url);
      // Our agent and access log belong to a supervisor, and there is none.
      expect(statSync(plan.paths.deckAccessLog).size).toBe(0);
    } finally {
      const pid = Number(readFileSync(plan.paths.pidFile, 'utf8'));
      apachectl('stop');
      await until('the end of Apache', () => !alive(pid));
    }
  });
});

test("a virtual environment without mod_wsgi lends its packages to the system's", async () => {
  const cwd = tempDir();
  const environment = join(cwd, '.venv');
  const [system] = columns();
  execFileSync(system!.python, ['-m', 'venv', '--without-pip', environment]);
  const [packages] = readdirSync(join(environment, 'lib')).map((name) => join(environment, 'lib', name, 'site-packages'));
  writeFileSync(join(packages!, 'only_here.py'), "WORD = b'from the environment'\n");
  const script = join(cwd, 'app.wsgi');
  writeFileSync(
    script,
    `import only_here\n\ndef application(environ, start_response):\n    start_response('200 OK', [])\n    return [only_here.WORD]\n`,
  );
  const {plan, url} = await start(await realPlan([script], system!, cwd));
  expect(plan.module.version).toBe(system!.version);
  expect(plan.python.home).toBe(environment);
  expect((await get(`${url}/`)).body).toBe('from the environment');
});

import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {certificateIn} from '../fixtures/drop-in/certificate.ts';
import {plan} from '../fixtures/express/plan.ts';
import {originalDefines} from '../../src/express/original-names.ts';
import {CALLERS, SetUp} from '../fixtures/setup/server-root.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const newest = columns()[1]!;
const original = join(newest.pythonHome!, 'bin/mod_wsgi-express');

/** Names that the original of this version asks its configuration for, of the source that it writes it with. */
function askedFor(): Set<string> {
  const source = readFileSync(join(newest.modulePath, '../../express/apache.py'), 'utf8');
  return new Set([...source.matchAll(/<IfDefine !?(\w+)>/g)].map(([, name]) => name!));
}

/** What no server of ours can have, and why. */
const NEVER: Record<string, string> = {
  MOD_WSGI_MPM_ENABLE_WINNT_MODULE: 'Windows',
  MOD_WSGI_LOAD_PYTHON_DYLIB: 'a framework build of Python, on macOS',
};
/** What this machine cannot be set up for: the units below have them. */
const NOT_HERE = new Set(['MOD_WSGI_WITH_PHP5', 'MOD_WSGI_FREE_THREADING']);

const SCRIPT = 'FOLDER/app.wsgi';
/** Together they set every name. FOLDER is one with an application and a certificate, TLS a free port. */
const OPTION_SETS: readonly string[][] = [
  [],
  ['--processes', '2', '--access-log', '--rotate-logs', '--keep-alive-timeout', '0', '--compress-responses'],
  ['--server-name', 'www.example.test', '--server-alias', 'a.test', '--allow-localhost', '--disable-reloading', '--enable-sendfile'],
  [
    ['--server-name', 'example.test', '--https-port', 'TLS', '--ssl-certificate', 'FOLDER/site', '--https-only', '--ssl-environment'],
    ['--http2', '--hsts-policy', 'max-age=5', '--ssl-ca-certificate-file', 'FOLDER/site.crt'],
    ['--ssl-certificate-chain-file', 'FOLDER/site.crt'],
  ].flat(),
  [
    '--server-status',
    '--directory-listing',
    '--directory-index',
    'index.html',
    '--error-log-format',
    '%M',
    '--chunked-request',
    '--with-cgi',
  ],
  ['--server-metrics', '--telemetry-service', 'unix:FOLDER/t.sock', '--slow-requests', '1', '--telemetry-options', '+CaptureUserAgent'],
  ['--switch-interval', '0.01', '--orphan-interpreter', '--error-override', '--python-path', 'FOLDER', '--socket-prefix', 'FOLDER'],
  ['--host-access-script', SCRIPT, '--auth-user-script', SCRIPT, '--auth-group-script', SCRIPT, '--application-group', '%{SERVER}'],
  ['--proxy-mount-point', '/api', 'http://127.0.0.1:9/', '--trust-proxy-header', 'X-Real-IP', '--trust-proxy', '127.0.0.1'],
  ['--proxy-virtual-host', 'b.test', 'http://127.0.0.1:9/', '--log-to-terminal', '--rotate-logs'],
  ['--embedded-mode', '--threads', '2'],
  ['--server-mpm', 'prefork', '--with-cgi'],
  ['--server-mpm', 'worker'],
  ['--debug-mode'],
  ['--application-type', 'static', '--document-root', 'FOLDER'],
];

async function ready(program?: string, caller = CALLERS[0]!): Promise<SetUp> {
  const server = await SetUp.make(newest, caller, program);
  certificateIn(server.folder, caller);
  return server;
}

/** Writes the server root. Locale and modules directory are the machine's. */
async function setUp(server: SetUp, words: readonly string[]): Promise<void> {
  const tls = String(await freePort());
  const done = server.setUp(...words.map((word) => word.replace('FOLDER', server.folder).replace('TLS', tls)), '--locale', 'C.UTF-8');
  expect(done, `${words.join(' ')}: ${done.stderr}`).toMatchObject({status: 0});
}

test('every name that the original asks for is set for the same options', async () => {
  const asked = askedFor();
  const seen = new Set<string>();
  // ONE_PROCESS is on the command line with us too; DUMP_… is the question itself.
  const names = (server: SetUp) => {
    const dump = server.apachectl('-t', '-D', 'DUMP_RUN_CFG');
    expect(dump, dump.stderr).toMatchObject({status: 0});
    const found = [...dump.stdout.matchAll(/^Define: (\w+)$/gm)].map(([, name]) => name!);
    return found.filter((name) => asked.has(name)).toSorted();
  };
  const theirs = await ready(original);
  const ours = await ready();
  for (const words of OPTION_SETS) {
    await setUp(theirs, words);
    await setUp(ours, words);
    const wanted = names(theirs);
    expect(names(ours), words.join(' ')).toEqual(wanted);
    for (const name of wanted) seen.add(name);
  }
  const missing = [...asked].filter((name) => !seen.has(name) && !(name in NEVER) && !NOT_HERE.has(name));
  // The other of the two exists only where Apache has no mod_cgid.
  expect(missing.filter((name) => name !== 'MOD_WSGI_CGI_SCRIPT')).toEqual([]);
}, 120_000);

test('names for what this machine does not have', () => {
  expect(originalDefines(plan(['a.wsgi', '--with-php5']))).toContain('MOD_WSGI_WITH_PHP5');
  expect(originalDefines(plan(['a.wsgi', '--free-threading']))).toContain('MOD_WSGI_FREE_THREADING');
  // The plan's machine has no mod_cgid.
  expect(originalDefines(plan(['a.wsgi', '--with-cgi']))).toContain('MOD_WSGI_CGI_SCRIPT');
});

/** Reads everything that an include file can read, and the application its environment. */
const INCLUDE = `LoadModule substitute_module '\${MOD_WSGI_MODULES_DIRECTORY}/mod_substitute.so'
<IfDefine MOD_WSGI_WITH_HTTPS>
Header set X-Https yes
</IfDefine>
<IfDefine MOD_WSGI_KEEP_ALIVE>
Header set X-Keep-Alive yes
</IfDefine>
Header set X-Place '\${MOD_WSGI_SERVER_ROOT} \${MOD_WSGI_LISTENER_HOST} \${MOD_WSGI_WORKING_DIRECTORY}'
Header set X-Ports '\${MOD_WSGI_HTTP_PORT} \${MOD_WSGI_HTTPS_PORT}'
Header set X-Who '\${MOD_WSGI_USER} \${MOD_WSGI_GROUP}'
PassEnv MOD_WSGI_USER
CustomLog '\${MOD_WSGI_SERVER_ROOT}/named' combined
`;
const APP = `import json, os
def application(environ, start_response):
    own = {name: value for name, value in os.environ.items() if name.startswith('MOD_WSGI_')}
    own['environ'] = environ.get('MOD_WSGI_USER')
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(own, sort_keys=True).encode()]
`;
const HEADERS = ['x-https', 'x-keep-alive', 'x-place', 'x-ports', 'x-who'];

const EXTRA: readonly [name: string, words: string[], env: Record<string, string>][] = [
  ['plain', [], {}],
  ['with HTTPS', ['--https-port', 'TLS', '--ssl-certificate', 'FOLDER/site', '--server-name', 'localhost', '--allow-localhost'], {}],
  ['a user in the environment', ['--keep-alive-timeout', '0'], {MOD_WSGI_USER: 'nobody', WSGI_RUN_GROUP: 'nogroup'}],
];

describe.each(CALLERS.map((caller) => [caller.name, caller] as const))('an include file %s', (_, caller) => {
  test.each(EXTRA)(
    'finds the same as with the original: %s',
    async (_name, words, env) => {
      const seen = async (program?: string) => {
        const server = await ready(program, caller);
        const include = join(server.folder, 'more.conf');
        writeFileSync(include, INCLUDE, {mode: 0o644});
        writeFileSync(server.script, APP);
        const tls = String(await freePort());
        const place = ['--port', String(server.port), '--server-root', server.root, '--locale', 'C.UTF-8', '--include-file', include];
        const more = words.map((word) => word.replace('FOLDER', server.folder).replace('TLS', tls));
        const run = (file: string, argv: readonly string[]) =>
          server.run(file, argv, {PATH: `${server.bin}:/usr/sbin:/usr/bin:/bin`, ...env});
        const set = run(join(server.bin, 'mod_wsgi-express'), [
          'setup-server',
          server.script,
          ...place,
          ...caller.args,
          '--access-log',
          ...more,
        ]);
        expect(set, set.stderr).toMatchObject({status: 0});
        for (const word of ['configtest', 'start']) {
          const done = run(join(server.root, 'apachectl'), [word]);
          expect(done, done.stderr).toMatchObject({status: 0});
        }
        const look = async () => {
          const {headers, body} = await server.answer();
          const text = JSON.stringify({application: JSON.parse(body), headers: HEADERS.map((name) => [name, headers[name]])});
          return JSON.parse(text.replaceAll(server.folder, 'PLACE').replaceAll(String(server.port), 'PORT').replaceAll(tls, 'TLS'));
        };
        const first = await look();
        expect(run(join(server.root, 'apachectl'), ['graceful'])).toMatchObject({status: 0});
        await until('a new log', () => server.read('error_log').includes('AH00493'));
        expect(await look()).toEqual(first);
        expect(server.read('named')).toMatch(/"GET \/ HTTP\/1\.1" 200 \d+ "-" "-"/);
        expect(run(join(server.root, 'apachectl'), ['stop'])).toMatchObject({status: 0});
        await until('the last process to go', () => server.processes().length === 0);
        return first;
      };
      const theirs = await seen(original);
      expect(theirs.headers).toContainEqual(['x-place', 'PLACE/root localhost PLACE']);
      expect(theirs.application.MOD_WSGI_SERVER_ROOT).toBe('PLACE/root');
      expect(await seen()).toEqual(theirs);
    },
    60_000,
  );
});

describe.each(columns().map((column) => [column.name, column] as const))('under wsgideck with mod_wsgi %s', (_, column) => {
  test.each([
    ['start-server', []],
    ['reload by swap', ['--reload-on-changes']],
    ['embedded mode', ['--embedded-mode']],
    ['a filled-in envvars', ['--envvars-script', 'ENVVARS']],
  ])(
    'an include file finds the names: %s',
    async (name, args) => {
      const folder = tempDir();
      const include = join(folder, 'more.conf');
      const envvars = join(folder, 'envvars');
      writeFileSync(include, INCLUDE);
      writeFileSync(envvars, 'MOD_WSGI_LISTENER_HOST="$MOD_WSGI_LISTENER_HOST by envvars"\n');
      writeFileSync(join(folder, 'app.wsgi'), APP);
      const words = ['--access-log', '--include-file', include, ...args.map((word) => word.replace('ENVVARS', envvars))];
      const deck = await startDeck({app: folder, column, mode: 'json', args: words});
      const look = async () => {
        const {headers, body} = await deck.get('/');
        return {place: headers['x-place'], ports: headers['x-ports'], alive: headers['x-keep-alive'], seen: JSON.parse(body)};
      };
      const host = name.includes('envvars') ? '127.0.0.1 by envvars' : '127.0.0.1';
      const first = await look();
      expect(first).toMatchObject({
        place: `${deck.serverRoot} ${host} ${deck.appDir}`,
        ports: `${deck.port} None`,
        alive: 'yes',
        seen: {MOD_WSGI_SERVER_ROOT: deck.serverRoot, MOD_WSGI_HTTP_PORT: String(deck.port), MOD_WSGI_EXPRESS: 'true'},
      });
      deck.signal('SIGHUP');
      await until('the restart', () => readFileSync(join(deck.serverRoot, 'error_log'), 'utf8').includes('SIGHUP received'));
      expect(await deck.waitAnswer('/').then(look)).toEqual(first);
      await deck.stop();
    },
    60_000,
  );
});

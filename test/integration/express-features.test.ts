import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {currentHost, discover, parseStartServer, preflight} from '../../src/express/index.ts';
import {AS_USER, realPlan} from '../fixtures/express/server.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempCopy, tempDir} from '../support/temp.ts';

const [debian, newest] = columns();
const script = tempCopy(new URL('../fixtures/express/echo.wsgi', import.meta.url).pathname);
const dir = tempDir();
const at = (name: string) => join(dir, name);

/** What preflight says about options: `error …` and `warning …`, each one line with what, why and what to do. */
async function say(argv: string[], column = debian!): Promise<string[]> {
  const problems = await preflight(await realPlan([script, ...argv], column));
  for (const {text} of problems) expect(text).toMatch(/^[^\n]+: [^\n]+; [^\n]+$/);
  return problems.map(({severity, text}) => `${severity} ${text}`);
}

beforeAll(() => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, {cwd: dir, stdio: 'ignore'});
  const certificate = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-subj', '/CN=localhost'];
  openssl(...certificate, '-nodes', '-days', '90', '-keyout', 'site.key', '-out', 'site.crt');
  openssl(...certificate, '-nodes', '-days', '3', '-keyout', 'soon.key', '-out', 'soon.crt');
  openssl(...certificate, '-passout', 'pass:word', '-days', '90', '-keyout', 'locked.key', '-out', 'locked.crt');
  const code = 'def application(environ, start_response):\n    pass\n';
  writeFileSync(at('open.py'), code);
  writeFileSync(at('closed.py'), code, {mode: 0o600});
  mkdirSync(at('foreign'), {mode: 0o755});
});

describe('HTTPS', () => {
  const pair = ['--https-port', '8443', '--ssl-certificate', at('site')];

  test('a good pair passes', async () => {
    expect(await say(pair)).toEqual([]);
  });

  test.each([
    [['--https-port', '8443'], /^error HTTPS without a certificate: --https-port needs --ssl-certificate-file; /],
    [
      ['--https-port', '8443', '--ssl-certificate-file', at('site.crt')],
      /^error HTTPS without a certificate: .*--ssl-certificate-key-file; /,
    ],
    [['--https-port', '8443', '--ssl-certificate', at('none')], /^error --ssl-certificate: there is no file .*none\.crt; /],
    [
      ['--https-port', '8443', '--ssl-certificate-file', at('site.key'), '--ssl-certificate-key-file', at('site.key')],
      /holds no certificate in PEM/,
    ],
    [
      ['--https-port', '8443', '--ssl-certificate-file', at('site.crt'), '--ssl-certificate-key-file', at('site.crt')],
      /holds no private key in PEM/,
    ],
    [
      ['--https-port', '8443', '--ssl-certificate-file', at('site.crt'), '--ssl-certificate-key-file', at('soon.key')],
      /is not the key of the certificate/,
    ],
    [['--https-port', '8443', '--ssl-certificate', at('locked')], /locked with a passphrase/],
    [['--https-port', '8443', '--ssl-certificate', at('soon')], /^warning certificate expires soon: /],
    [[...pair, '--ssl-ca-certificate-file', at('none')], /^error --ssl-ca-certificate-file: there is no file/],
    [[...pair, '--ssl-ca-certificate-file', at('open.py'), '--https-only'], /^error --ssl-ca-certificate-file: .* holds no certificate/],
    [[...pair, '--ssl-ca-certificate-file', at('site.crt')], /^warning client certificates are checked on HTTPS only: /],
    [['--port', '8443', ...pair], /^error port 8443 is given twice: /],
  ])('%j', async (argv, expected) => {
    expect(
      (await say(argv)).some((line) => expected.test(line)),
      (await say(argv)).join('\n'),
    ).toBe(true);
  });

  test('its port in use is told as such', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const {port} = other.address() as {port: number};
    const lines = await say(['--https-port', String(port), '--ssl-certificate', at('site')]);
    other.close();
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^error port ${port} is in use: .*; stop it or give another --https-port$`))]);
  });
});

test.each([
  [['--https-only'], '--https-only needs --https-port'],
  [['--hsts-policy', 'max-age=1'], '--hsts-policy needs --https-port'],
  [['--ssl-environment'], '--ssl-environment needs --https-port'],
  [['--ssl-verify-client', '/x'], '--ssl-verify-client needs --ssl-ca-certificate-file'],
  [['--auth-type', 'Digest'], '--auth-type needs --auth-user-script'],
  [['--auth-group', 'x'], '--auth-group needs --auth-group-script'],
  [['--proxy-timeout', '3'], '--proxy-timeout needs --proxy-mount-point or --proxy-virtual-host'],
  [['--trust-proxy', '10.0.0.1'], '--trust-proxy needs --trust-proxy-header'],
  [['--max-log-size', '9'], '--max-log-size needs --rotate-logs'],
  [['--service-log-file', 'x', 'y'], '--service-log-file needs --service-script'],
  [['--server-alias', 'x'], '--server-alias needs --server-name'],
  [['--allow-localhost'], '--allow-localhost needs --server-name'],
  [['--profiler-directory', 'x'], '--profiler-directory needs --enable-profiler'],
  [['--gdb-executable', '/none'], '--gdb-executable needs --enable-gdb'],
])('an option without effect is ignored, as by the original: %j', async (argv, expected) => {
  expect((await say(argv)).find((line) => line.includes(expected))).toBe(`warning option without effect: ${expected}; it is ignored`);
  expect((await say(argv)).filter((line) => line.startsWith('error'))).toEqual([]);
});

test.each([
  [['--ssl-certificate-file', 'x'], '--ssl-certificate-file needs --https-port'],
  [['--debugger-startup'], '--debugger-startup needs --enable-debugger'],
  [['--slow-requests', '1'], '--slow-requests needs --telemetry-service or --enable-telemetry'],
  [['--browser-reload'], '--browser-reload needs --reload-on-changes'],
])('an option that the original refuses alone, or does not have: %j', async (argv, expected) => {
  expect(await say(argv, newest)).toEqual([`error option without effect: ${expected}; give both or none`]);
});

test('options that contradict each other', async () => {
  expect(await say(['--plain', '--json'])).toEqual([
    expect.stringContaining('error options contradict each other: --plain and --json cannot be given together; '),
  ]);
});

test.each([
  [['--reload-on-changes', '--disable-reloading'], '--disable-reloading overrules --reload-on-changes'],
  [['--embedded-mode', '--debug-mode'], '--debug-mode overrules --embedded-mode'],
])('an option that overrules another, as in the original: %j', async (argv, expected) => {
  expect(await say(argv)).toContain(`warning option without effect: ${expected}; leave one of them out`);
  expect((await say(argv)).filter((line) => line.startsWith('error'))).toEqual([]);
});

test.each([
  [['--host-access-script', at('none.py')], /^error --host-access-script: there is no file/],
  [['--service-script', 'a b', at('open.py')], /"a b" is no name of a service/],
  [['--service-script', 'a', at('none.py')], /^error --service-script a: there is no file/],
  [['--service-script', 'a', at('open.py'), '--service-script', 'a', at('open.py')], /two services are named a/],
  [['--service-script', 'a', at('open.py'), '--service-log-file', 'b', 'x'], /there is no service b/],
  [['--service-script', 'a', at('open.py'), '--service-log-file', 'a', 'x/y'], /"x\/y" is not a file name/],
  [['--proxy-mount-point', 'x', 'http://a'], /"x" is not a URL path/],
  [['--proxy-mount-point', '/x', 'a:8000'], /"a:8000" is not the URL of a server/],
  [['--proxy-virtual-host', 'a b', 'http://a'], /"a b" is not a host name/],
  [['--trust-proxy-header', 'X-Forwarded-For', '--trust-proxy', 'front'], /"front" is not an address/],
  [['--trust-proxy-header', 'X-Forwarded-For'], /^warning --trust-proxy-header without --trust-proxy: /],
  [['--add-handler', 'a b', at('open.py')], /"\.a b" is not a file extension/],
  [['--http2', '--server-mpm', 'prefork'], /^error --http2: /],
  [['--with-php5'], /^error --with-php5: /],
  [['--enable-gdb', '--gdb-executable', at('none')], /^error --enable-gdb: there is no /],
  [['--enable-profiler', '--profiler-directory', at('open.py')], /open\.py is not a directory/],
  [['--debug-mode', '--processes', '3'], /^warning debug mode: .* --processes has no effect;/],
  [['--embedded-mode', '--request-timeout', '3'], /^warning embedded mode: .* --request-timeout has no effect;/],
])('%j', async (argv, expected) => {
  const lines = await say(argv);
  expect(
    lines.some((line) => expected.test(line)),
    lines.join('\n'),
  ).toBe(true);
});

test.each([
  [['--auth-user-script', at('closed.py')], /^error --auth-user-script: user www-data may not read /],
  [['--service-script', 'a', at('open.py'), '--service-user', 'a', 'root'], /^error service a as root: /],
  [['--supplementary-groups', 'no-such-group'], /^error --supplementary-groups: there is no group "no-such-group"/],
  [['--enable-recorder', '--recorder-directory', at('foreign')], /user www-data may not write to .*foreign;/],
])('as root: %j', {tags: ['root']}, async (argv, expected) => {
  chmodSync(at('foreign'), 0o755);
  expect(await say(argv)).toEqual([expect.stringMatching(expected)]);
});

test('options of mod_wsgi 6', async () => {
  expect(await say(['--telemetry-service', '/no/prefix'], newest)).toEqual([
    expect.stringMatching(/^error --telemetry-service: .*unix:\/path$/),
  ]);
  const long = `unix:/${'x'.repeat(120)}`;
  expect(await say(['--telemetry-service', long], newest)).toEqual([expect.stringMatching(/^error socket path too long: /)]);
  expect(await say(['--free-threading'], newest)).toEqual([
    expect.stringMatching(/^error --free-threading: .*not a free-threaded build; /),
  ]);
});

test('what discovery itself cannot find', () => {
  const ask = (...argv: string[]) => {
    const parsed = parseStartServer([script, ...AS_USER, ...argv], process.env);
    if (parsed.action !== 'run') throw new Error(parsed.action);
    const found = discover(parsed.options, currentHost());
    return found.ok ? [] : found.problems.map(({text}) => text);
  };
  expect(ask('--rotate-logs', '--rotatelogs-executable', at('none'))).toEqual([
    expect.stringMatching(/^rotatelogs not found: there is no file .*; /),
  ]);
  expect(ask('--service-script', 'a', at('open.py'), '--service-user', 'a', 'no-such-user')).toEqual([
    'service a: unknown user: there is no user "no-such-user" on this system; give another --service-user',
  ]);
  expect(ask('--rotate-logs')).toEqual([]);
});

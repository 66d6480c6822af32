import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {basename, join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {discover, currentHost, parseStartServer, releaseServerRoot} from '../../src/express/index.ts';
import {prepare, AS_USER, realPlan, type RunningServer, serve} from '../fixtures/express/server.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempCopy, tempDir} from '../support/temp.ts';

const [debian, newest] = columns();
const fixture = (name: string) => tempCopy(new URL(`../fixtures/express/${name}`, import.meta.url).pathname);

let running: RunningServer | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

/** What preparing says about a command line; checks that an error leaves nothing behind. */
async function say(argv: string[], column = debian!, cwd?: string): Promise<string[]> {
  const plan = await realPlan(argv, column, cwd);
  const existed = existsSync(plan.paths.root);
  const problems = await prepare(plan);
  for (const {text} of problems) expect(text).toMatch(/^[^\n]+: [^\n]+; [^\n]+$/);
  const failed = problems.some((problem) => problem.severity === 'error');
  expect({root: existsSync(plan.paths.root), lock: existsSync(plan.paths.lock)}).toEqual({root: existed || !failed, lock: !failed});
  return problems.map((problem) => `${problem.severity} ${problem.text}`);
}

describe('the script', () => {
  test('a good one passes', async () => {
    expect(await say([fixture('echo.wsgi')])).toEqual([]);
  });

  test('missing, or none at all', async () => {
    expect(await say(['nowhere.wsgi'])).toEqual([
      expect.stringMatching(/^error script not found: there is no file \/.*nowhere\.wsgi; correct/),
    ]);
    expect(await say([])).toEqual([expect.stringMatching(/^error no script: /)]);
    expect(await say([tempDir()])).toEqual([expect.stringMatching(/^error script is not a file: /)]);
  });

  test('a syntax error names line and text; a warning with reloading on', async () => {
    const script = fixture('syntax_error.wsgi');
    const text = `syntax error in ${script}, line 4: expected ':': def application(environ, start_response); correct the file`;
    expect(await say([script])).toEqual([`error ${text}`]);
    expect(await say([script, '--reload-on-changes'])).toEqual([`warning ${text}`]);
  });

  test('a missing callable, with the name that is there', async () => {
    const script = fixture('no_callable.wsgi');
    expect(await say([script])).toEqual([`error no callable in ${script}: it does not define "application"; give --callable-object app`]);
    expect(await say([script, '--callable-object', 'app'])).toEqual([]);
  });

  test('no claim about a callable that may come from elsewhere', async () => {
    expect(await say([fixture('hidden_callable.wsgi')])).toEqual([]);
    const star = join(tempDir(), 'star.wsgi');
    writeFileSync(star, 'from json import *\n');
    expect(await say([star])).toEqual([]);
  });

  test('out of reach of the run user: the directory in the way is named', {tags: ['root']}, async () => {
    const closed = join(tempDir(), 'closed');
    mkdirSync(closed, {mode: 0o700});
    copyFileSync(fixture('echo.wsgi'), join(closed, 'app.wsgi'));
    expect(await say([join(closed, 'app.wsgi')])).toEqual([
      `error script cannot be read: user www-data may not enter the directory ${closed}; allow it (chmod o+x ${closed}) or move it elsewhere`,
    ]);
    const secret = fixture('echo.wsgi');
    chmodSync(secret, 0o600);
    expect(await say([secret])).toEqual([expect.stringContaining(`may not read ${secret};`)]);
  });

  test('modules: found in the working directory, compiled there, or nowhere', async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, 'shop'));
    writeFileSync(join(cwd, 'shop', '__init__.py'), '');
    writeFileSync(join(cwd, 'shop', 'good.py'), 'def application(environ, start_response): pass\n');
    writeFileSync(join(cwd, 'shop', 'bad.py'), 'x = (\n');
    const module = (name: string) => say(['--application-type', 'module', name], debian, cwd);
    expect(await module('shop.good')).toEqual([]);
    expect(await module('shop.bad')).toEqual([expect.stringContaining(`syntax error in ${cwd}/shop/bad.py, line 1`)]);
    expect(await module('no_such_module_here.x')).toEqual([expect.stringMatching(/^error module not found: /)]);
    expect(await say(['--application-type', 'static'])).toEqual([]);
    expect(await say(['--application-type', 'paste', 'nowhere.ini'])).toEqual([
      expect.stringMatching(/script not found: there is no file .*nowhere\.ini/),
    ]);
  });
});

describe('the port', () => {
  test('in use by somebody else', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const {port} = server.address() as {port: number};
    try {
      expect(await say([fixture('echo.wsgi'), '--port', String(port)])).toEqual([
        `error port ${port} is in use: by ${basename(process.argv0)} (pid ${process.pid}); stop it or give another --port`,
      ]);
    } finally {
      server.close();
    }
  });

  test('in use by one of ours; and so is the server root', async () => {
    running = await serve(await realPlan([fixture('echo.wsgi')], debian!));
    const {paths, options} = running.plan;
    const port = String(options.port);
    expect(await say([fixture('echo.wsgi'), '--port', port])).toEqual([
      `error port ${port} is in use: by another wsgideck (pid ${process.pid}, server root ${paths.root}); stop it or give another --port`,
    ]);
    // The lock is ours here, so take it away: Apache alone is reason enough.
    releaseServerRoot(running.plan);
    const apache = readFileSync(paths.pidFile, 'utf8').trim();
    expect(await say([fixture('echo.wsgi'), '--port', port, '--server-root', paths.root])).toEqual([
      `error server root in use: Apache (pid ${apache}) runs in ${paths.root}; stop it first (${paths.apachectl} stop) or give another --server-root`,
    ]);
  });

  test('an address of another machine, a name that is none', async () => {
    expect(await say([fixture('echo.wsgi'), '--host', '192.0.2.1'])).toEqual([expect.stringContaining('not an address of this machine')]);
  });
});

describe('the server root', () => {
  test('held by a living wsgideck; free again when that is gone', async () => {
    const plan = await realPlan([fixture('echo.wsgi')], debian!);
    expect(await prepare(plan)).toEqual([]);
    releaseServerRoot(plan);
    const holder = spawn('sleep', ['60'], {stdio: 'ignore'});
    try {
      const start = readFileSync(`/proc/${holder.pid}/stat`, 'latin1').split(' ')[21];
      // As version 0.1 writes it.
      writeFileSync(plan.paths.lock, `${holder.pid} ${start}\n`);
      expect((await prepare(plan)).map((problem) => problem.text)).toEqual([
        `server root in use: wsgideck (pid ${holder.pid}) runs in ${plan.paths.root}; stop it first or give another --server-root`,
      ]);
      // The same number, but another process than the one that took the lock.
      writeFileSync(plan.paths.lock, `${holder.pid} ${Number(start) - 1}\n`);
      expect(await prepare(plan)).toEqual([]);
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
  });

  test('a link, a file, a directory with a life of its own', async () => {
    const place = tempDir();
    mkdirSync(join(place, 'there'));
    symlinkSync('there', join(place, 'link'));
    writeFileSync(join(place, 'file'), '');
    const root = (name: string) => say([fixture('echo.wsgi'), '--server-root', join(place, name)]);
    expect(await root('link')).toEqual([expect.stringContaining('server root is a link')]);
    expect(await root('file')).toEqual([expect.stringContaining('server root is not a directory')]);
    expect(await root('.')).toEqual([expect.stringContaining('server root holds other files')]);
    expect(await root('there')).toEqual([]);
  });

  test('where no folder can be made: said at once, with the reason', async () => {
    const place = tempDir();
    symlinkSync('nowhere', join(place, 'dangling'));
    writeFileSync(join(place, 'file'), '');
    mkdirSync(join(place, 'used'));
    writeFileSync(join(place, 'used', 'httpd.conf'), '');
    symlinkSync('nowhere', join(place, 'used', 'wsgideck'));
    const root = (path: string) => say([fixture('echo.wsgi'), '--server-root', path, '--setup-only']);
    const cannot = (reason: string) => [`error server root cannot be made: ${reason}; give another --server-root`];
    const {dangling, file} = {dangling: join(place, 'dangling'), file: join(place, 'file')};
    expect(await root(join(dangling, 'root'))).toEqual(cannot(`${dangling} is a link to something that is not there`));
    expect(await root(join(dangling, 'more', 'root'))).toEqual(cannot(`${dangling} is a link to something that is not there`));
    expect(await root(join(file, 'root'))).toEqual(cannot(`${file} is not a directory`));
    expect(await root(join(file, 'more', 'root'))).toEqual(cannot(`${file} is not a directory`));
    expect(await root('/proc/wsgideck-root')).toEqual(cannot("/proc is the kernel's, and takes no folders"));
    expect(await root(join(place, 'used'))).toEqual([expect.stringMatching(/^error server root cannot be made: ENOENT: .*wsgideck/)]);
  });

  test('too long for sockets, and the cure', async () => {
    const long = join(tempDir(), 'x'.repeat(90));
    expect(await say([fixture('echo.wsgi'), '--server-root', long])).toEqual([
      expect.stringMatching(/^error socket path too long: .*--socket-prefix/),
    ]);
    const between = join(tempDir(), 'x'.repeat(107 - '/wsgideck/control.sock'.length - tempDir().length - 1));
    expect(await say([fixture('echo.wsgi'), '--server-root', between, '--socket-prefix', tempDir()])).toEqual([]);
    expect(await say([fixture('echo.wsgi'), '--socket-prefix', join(tempDir(), 'none')])).toEqual([
      expect.stringContaining('socket prefix not found'),
    ]);
  });

  test('what a failed start wrote is taken back, what the user wrote is not', async () => {
    const script = fixture('syntax_error.wsgi');
    const plan = await realPlan([script], debian!);
    expect(await prepare(plan)).toHaveLength(1);
    expect(existsSync(plan.paths.root)).toBe(false);
    copyFileSync(fixture('echo.wsgi'), script);
    expect(await prepare(plan)).toEqual([]);
    writeFileSync(plan.paths.rewrite, '# mine\n');
    expect(await prepare(plan)).toEqual([]);
    expect(readFileSync(plan.paths.rewrite, 'utf8')).toBe('# mine\n');
  });
});

describe('options', () => {
  test('too new for the installed mod_wsgi', async () => {
    const tooOld = [
      expect.stringMatching(new RegExp(`^error --interrupt-timeout needs mod_wsgi 6\\.0\\.0: .* is ${debian!.version}`)) as string,
    ];
    expect(await say([fixture('echo.wsgi'), '--interrupt-timeout', '5'])).toEqual(debian!.major < 6 ? tooOld : []);
    expect(await say([fixture('echo.wsgi'), '--interrupt-timeout', '5'], newest)).toEqual([]);
  });

  test.each([
    [['--envvars-script', '/no/such/place'], /^warning --envvars-script: there is no file \/no\/such\/place; /],
    [['--plain', '--json'], /contradict/],
    [['--server-alias', 'x.test'], /^warning .* needs --server-name/],
    [['--url-alias', 'static', '/tmp'], /is not a URL path/],
    [['--error-document', '200', '/x'], /is not an HTTP error status/],
    [['--working-directory', '/no/such/place'], /--working-directory: there is no directory/],
    [['--include-file', '/no/such.conf'], /--include-file: there is no file/],
    [['--log-directory', '/no/such/place'], /--log-directory: there is no directory/],
    [['--locale', 'xx_YY.UTF-8'], /^warning locale xx_YY.UTF-8 is not installed/],
    [['--url-alias', '/s', '/no/such/place'], /^warning --url-alias \/s: there is no/],
  ])('%j', async (argv, expected) => {
    expect(await say([fixture('echo.wsgi'), ...argv])).toEqual([expect.stringMatching(expected)]);
  });

  test('root without --user', {tags: ['root']}, async () => {
    expect(await say([fixture('echo.wsgi'), '--user', 'root', '--group', 'root'])).toEqual([
      'error root without --user: Apache does not serve pages as root; add --user www-data --group www-data',
    ]);
  });

  test.each([
    [['--user', 'nobody-of-that-name'], {}, /^unknown user: /],
    [['--group', 'nobody-of-that-name'], {}, /^unknown group: /],
    [['--httpd-executable', '/no/httpd'], {}, /^Apache not found: .*--httpd-executable/],
    [[], {HTTPD: '/no/httpd'}, /^Apache not found: .*HTTPD/],
    [['--modules-directory', '/no/modules'], {}, /^Apache's modules not found: /],
  ])('not found: %j %j', (argv, env, expected) => {
    const parsed = parseStartServer([...AS_USER, 'a.wsgi', ...argv], {});
    if (parsed.action !== 'run') throw new Error(`asked for ${parsed.action}`);
    const discovery = discover(parsed.options, {...currentHost(), env: {...process.env, ...env}});
    expect(discovery.ok ? [] : discovery.problems.map((problem) => problem.text)).toEqual([expect.stringMatching(expected)]);
  });

  test('an environment of another Python than the only mod_wsgi', () => {
    const environment = tempDir();
    writeFileSync(join(environment, 'pyvenv.cfg'), 'home = /usr/bin\nversion = 3.2.1\n');
    const parsed = parseStartServer([...AS_USER, 'a.wsgi'], {});
    if (parsed.action !== 'run') throw new Error(`asked for ${parsed.action}`);
    const discovery = discover(parsed.options, {...currentHost(), env: {...process.env, VIRTUAL_ENV: environment}});
    expect(discovery.ok ? [] : discovery.problems.map((problem) => problem.text)).toEqual([
      expect.stringMatching(/^mod_wsgi does not fit: the virtual environment .* has Python 3\.2, but .* Python 3\.\d+; install it/),
    ]);
  });
});

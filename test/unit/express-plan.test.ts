import {describe, expect, test} from 'vitest';
import {bannerLines, httpdCommand} from '../../src/express/index.ts';
import {HOST, plan, SIX} from '../fixtures/express/plan.ts';

describe('the plan', () => {
  test('places the server root as the original does', () => {
    expect(plan(['app.wsgi', '--port', '8123']).paths.root).toBe('/tmp/mod_wsgi-localhost:8123:0');
    expect(plan(['app.wsgi', '--host', '10.0.0.1'], {}, {...HOST, uid: 1000}).paths.root).toBe('/tmp/mod_wsgi-10.0.0.1:8000:1000');
    expect(plan(['app.wsgi', '--server-root', 'root']).paths.root).toBe('/srv/site/root');
  });

  test('takes paths relative to where the command was given', () => {
    const made = plan(['web/app.wsgi', '--working-directory', 'web', '--python-path', 'lib', '--url-alias', '/s', 'static']);
    expect(made.application).toMatchObject({
      entry: '/srv/site/web/app.wsgi',
      workingDirectory: '/srv/site/web',
      pythonPaths: ['/srv/site/lib'],
    });
    expect(made.aliases).toEqual([{url: '/s', target: '/srv/site/static', isFile: false}]);
  });

  test.each([
    ['beside or above the script', ['web/app.wsgi'], '/srv/site', '/srv/site'],
    ['elsewhere', ['/opt/shop/app.wsgi'], '/srv/site', '/opt/shop'],
    ['the home directory', ['/home/dev/shop/app.wsgi'], '/home/dev', '/home/dev/shop'],
    ['the root', ['/srv/app.wsgi'], '/', '/srv'],
    ['a name with the same beginning', ['/srv/site2/app.wsgi'], '/srv/site', '/srv/site2'],
  ])('project of a command given %s', (_, argv, cwd, project) => {
    const made = plan(argv, {}, {...HOST, cwd});
    expect(made.info.projectRoot).toBe(project);
    expect(made.watch.roots[0]).toBe(project);
  });

  test('URL and probe', () => {
    expect(plan(['a.wsgi', '--mount-point', '/app/']).info.url).toBe('http://localhost:8000/app/');
    expect(plan(['a.wsgi', '--mount-point', '/app']).probe).toEqual({
      host: '127.0.0.1',
      port: 8000,
      path: '/app',
      hostHeader: 'localhost:8000',
    });
    expect(plan(['a.wsgi', '--server-name', 'example.com']).probe.hostHeader).toBe('example.com:8000');
    expect(plan(['a.wsgi', '--host', '::1']).info.url).toBe('http://[::1]:8000/');
    expect(plan(['a.wsgi', '--host', '192.0.2.7', '--probe-path', '/up']).probe).toMatchObject({host: '192.0.2.7', path: '/up'});
  });

  test('reloading is off when it is disabled', () => {
    // In a pair of slots a changed script is loaded beside the old one, not in its place.
    expect(plan(['a.wsgi', '--reload-on-changes']).watch).toMatchObject({onChanges: true, scriptReloading: false});
    const restart = ['a.wsgi', '--reload-on-changes', '--reload-strategy', 'restart'];
    expect(plan(restart).watch).toMatchObject({onChanges: true, scriptReloading: true});
    expect(plan(['a.wsgi', '--disable-reloading']).watch).toMatchObject({onChanges: false, scriptReloading: false});
  });

  test('the first MPM that is installed', () => {
    expect(plan(['a.wsgi']).info.mpm).toBe('event');
    expect(plan(['a.wsgi', '--server-mpm', 'prefork', '--server-mpm', 'event']).info.mpm).toBe('prefork');
  });

  test('a needed module that is nowhere is reported', () => {
    const {httpd} = plan(['a.wsgi']);
    expect(plan(['a.wsgi', '--directory-listing'], {httpd}).modules.missing).toEqual(['autoindex']);
  });
});

describe('the command', () => {
  test("leaves room for the daemons' names", () => {
    const {argv, argv0} = httpdCommand(plan(['a.wsgi', '--process-group', 'a-name-that-is-longer-than-the-path-of-apache']), {});
    expect(argv[0]).toBe('/usr/sbin/apache2');
    expect(argv0!.length).toBeGreaterThanOrEqual('(wsgi:a-name-that-is-longer-than-the-path-of-apache:0)'.length);
  });

  test('sets the locale and keeps the rest of the environment', () => {
    const {env} = httpdCommand(plan(['a.wsgi']), {LANG: 'de_DE', FOO: '1', MOD_WSGI_SERVER_ROOT: '/old'});
    expect(env).toMatchObject({LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', FOO: '1', MOD_WSGI_SERVER_ROOT: '/tmp/mod_wsgi-localhost:8000:0'});
  });

  test('goes through a shell only for a filled-in envvars file', () => {
    const {argv} = httpdCommand(plan(['a.wsgi'], {hasContent: (path) => path.endsWith('/envvars')}), {});
    expect(argv[0]).toBe('/bin/bash');
    expect(argv).toContain('/tmp/mod_wsgi-localhost:8000:0/envvars');
  });
});

test('the banner has the original labels', () => {
  const lines = bannerLines(plan(['a.wsgi', '--processes', '2', '--access-log', '--interrupt-timeout', '9'], {module: SIX}));
  expect(lines).toContain('Request Capacity   : 10 (2 processes * 5 threads)');
  expect(lines).toContain('Server Capacity    : 36 (event/worker), 25 (prefork)');
  expect(lines).toContain('Interrupt Timeout  : 9 (seconds)');
  expect(lines).toContain('Error Log File     : /tmp/mod_wsgi-localhost:8000:0/error_log (warn)');
  expect(lines.map((line) => line.split(':')[0]!.trimEnd()).slice(0, 3)).toEqual(['Server URL', 'Server Root', 'Server Conf']);
});

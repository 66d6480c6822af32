import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {CALLERS, type Done, SetUp} from '../fixtures/setup/server-root.ts';
import {columns} from '../support/mod-wsgi.ts';

const HTTPD = ['/usr/sbin/apache2', '/usr/sbin/httpd'];
const unprivileged = CALLERS.at(-1)!;

/** Serves the script from an Apache of the test's own that has nothing of ours but these lines. */
async function serveWith(lines: string, server: SetUp): Promise<void> {
  const modules = '/usr/lib/apache2/modules';
  const load = ['mpm_event', 'authz_core'].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`);
  const {caller} = server;
  const conf = [
    ...load,
    lines,
    `ServerRoot ${server.folder}`,
    'ServerName localhost',
    `PidFile ${server.folder}/pid`,
    `ErrorLog ${server.folder}/log`,
    `Listen 127.0.0.1:${server.port}`,
    // 4.9.4 hangs at the end of a sub-interpreter in one of Apache's own processes.
    `WSGISocketPrefix ${server.folder}/wsgi`,
    'WSGIDaemonProcess here',
    `WSGIScriptAlias / ${server.script} process-group=here application-group=%{GLOBAL}`,
    `<Directory ${server.folder}>`,
    'Require all granted',
    '</Directory>',
    ...(caller.uid === 0 ? ['User www-data', 'Group www-data'] : []),
  ];
  const path = join(server.folder, 'plain.conf');
  writeFileSync(path, `${conf.join('\n')}\n`);
  const httpd = HTTPD.find((one) => statSync(one, {throwIfNoEntry: false}))!;
  expect(server.run(httpd, ['-f', path, '-k', 'start'])).toMatchObject({status: 0});
  expect((await server.answer()).body).toMatch(/^uid \d+, alone$/);
  server.run(httpd, ['-f', path, '-k', 'stop']);
  await server.refused();
}

const ok = (done: Done): string => {
  expect(done).toMatchObject({status: 0, stderr: ''});
  return done.stdout;
};

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  const home = column.pythonHome ?? '/usr';

  test('module-location', async () => {
    const server = await SetUp.make(column);
    expect(ok(server.command('module-location'))).toBe(`${column.modulePath}\n`);
  });

  test('module-config gives what another Apache needs', async () => {
    const server = await SetUp.make(column);
    const lines = ok(server.command('module-config'));
    expect(lines).toBe(`LoadModule wsgi_module "${column.modulePath}"\nWSGIPythonHome "${home}"\n`);
    await serveWith(lines, server);
  });

  test('install-module copies the module and gives the lines that load the copy', async () => {
    const server = await SetUp.make(column);
    const modules = join(server.folder, 'modules');
    mkdirSync(modules);
    const target = join(modules, basename(column.modulePath));
    writeFileSync(target, 'an older one');
    const before = statSync(target).ino;
    const lines = ok(server.command('install-module', '--modules-directory', 'modules'));
    expect(lines).toBe(`LoadModule wsgi_module "${target}"\nWSGIPythonHome "${home}"\n`);
    expect(readFileSync(target).equals(readFileSync(column.modulePath))).toBe(true);
    expect(statSync(target).mode & 0o777).toBe(0o644);
    // Not written over: an Apache that runs has the old file mapped.
    expect(statSync(target).ino).not.toBe(before);
    expect(readdirSync(modules)).toEqual([basename(column.modulePath)]);
    await serveWith(lines, server);
  });
});

const [system, newest] = columns() as [ReturnType<typeof columns>[number], ReturnType<typeof columns>[number]];

test('module-config prints what mod_wsgi-express prints', async () => {
  const ours = await SetUp.make(newest);
  const theirs = await SetUp.make(newest, undefined, join(newest.pythonHome!, 'bin/mod_wsgi-express'));
  for (const command of ['module-config', 'module-location']) expect(ok(ours.command(command))).toBe(ok(theirs.command(command)));
});

test('a module that is where it belongs stays as it is', async () => {
  const server = await SetUp.make(system, unprivileged);
  expect(ok(server.command('install-module'))).toContain(`LoadModule wsgi_module "${system.modulePath}"`);
});

test('without permission, or a place, one line says what to do', async () => {
  const server = await SetUp.make(newest, unprivileged);
  const refused = server.command('install-module');
  expect(refused).toMatchObject({status: 1, stdout: ''});
  expect(refused.stderr).toMatch(/^wsgideck: error: modules directory not writable: .*as root \(sudo\).*\n$/);
  expect(server.command('install-module', '--modules-directory=/nowhere')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('there is no directory /nowhere'),
  });
});

test('a wrong word is a mistake, and --help explains', async () => {
  const server = await SetUp.make(system);
  for (const command of ['module-config', 'module-location', 'install-module']) {
    expect(server.command(command, 'surplus')).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining('"surplus"')});
    expect(server.command(command, '--no-such')).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining('--no-such')});
    expect(server.command(command, '--help')).toMatchObject({status: 0, stdout: expect.stringContaining(`usage: wsgideck ${command}`)});
  }
  expect(server.command('install-module', '--modules-directory')).toMatchObject({status: 2});
});

test('without any mod_wsgi it says how to get one', async () => {
  const server = await SetUp.make(system);
  const venv = join(server.folder, 'old');
  mkdirSync(venv);
  writeFileSync(join(venv, 'pyvenv.cfg'), 'version = 3.7.1\n');
  const done = server.run(join(server.bin, 'mod_wsgi-express'), ['module-location'], {
    VIRTUAL_ENV: venv,
    PATH: `${server.bin}:/usr/bin:/bin`,
  });
  expect(done).toMatchObject({status: 1, stdout: ''});
  expect(done.stderr).toContain(`${venv}/bin/pip install mod_wsgi`);
});

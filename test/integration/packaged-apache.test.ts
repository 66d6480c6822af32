import {spawnSync} from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {AS_USER, realPlan} from '../fixtures/express/server.ts';
import {command} from '../support/command.ts';
import {startDeck} from '../support/deck.ts';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {alive} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const newest = columns()[1]!;
const APP = `import os
def application(environ, start_response):
    start_response('200 OK', [])
    return [('%s %s' % (os.environ.get('LD_LIBRARY_PATH'), os.environ['MOD_WSGI_MODULES_DIRECTORY'])).encode()]
`;

/**
 * A virtual environment laid out as mod_wsgi-standalone does: Apache in mod_wsgi_packages/httpd, mod_wsgi beside it. That package compiles an Apache for
 * minutes, so this one is the system's, its program copied and its modules linked: a real Apache in the package's place.
 */
async function standalone(): Promise<{venv: string; httpd: string}> {
  const system = (await realPlan(['app.wsgi'], newest)).httpd;
  const venv = join(tempDir(), 'venv');
  const from = dirname(dirname(dirname(newest.modulePath)));
  const packages = join(venv, from.slice(newest.pythonHome!.length + 1));
  const httpd = join(packages, 'mod_wsgi_packages/httpd');
  for (const name of ['bin', 'modules', 'lib']) mkdirSync(join(httpd, name), {recursive: true});
  writeFileSync(join(httpd, '__init__.py'), '');
  copyFileSync(system.path, join(httpd, 'bin/httpd'));
  chmodSync(join(httpd, 'bin/httpd'), 0o755);
  for (const name of system.files)
    if (name !== 'mod_wsgi.so') symlinkSync(join(system.modulesDirectory, name), join(httpd, 'modules', name));
  mkdirSync(join(venv, 'bin'));
  for (const name of readdirSync(join(newest.pythonHome!, 'bin')).filter((one) => /^python[\d.]*$/.test(one)))
    cpSync(join(newest.pythonHome!, 'bin', name), join(venv, 'bin', name), {verbatimSymlinks: true});
  copyFileSync(join(newest.pythonHome!, 'pyvenv.cfg'), join(venv, 'pyvenv.cfg'));
  cpSync(join(from, 'mod_wsgi'), join(packages, 'mod_wsgi'), {recursive: true});
  mkdirSync(join(packages, `mod_wsgi_standalone-${newest.version}.dist-info`));
  return {venv, httpd};
}

function site(): string {
  const folder = join(tempDir(), 'site');
  mkdirSync(folder);
  writeFileSync(join(folder, 'app.wsgi'), APP);
  return folder;
}

describe('an Apache that pip has installed', () => {
  test.each(['active', 'in ./.venv'])('in the virtual environment that is %s is taken before the system’s', async (where) => {
    const {venv, httpd} = await standalone();
    const folder = site();
    const env = where === 'active' ? {VIRTUAL_ENV: venv} : {VIRTUAL_ENV: undefined};
    const place = where === 'active' ? httpd : httpd.replace(venv, join(folder, '.venv'));
    if (where !== 'active') renameSync(venv, join(folder, '.venv'));
    const deck = await startDeck({
      app: folder,
      column: {env},
      mode: 'json',
      command: ['start-server', join(folder, 'app.wsgi'), '--working-directory', folder],
    });
    const {apachePid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
    expect(readlinkSync(`/proc/${apachePid}/exe`)).toBe(join(place, 'bin/httpd'));
    expect((await deck.get('/')).body).toBe(`${join(place, 'lib')} ${join(place, 'modules')}`);
    await deck.stop();

    // A name that is given wins.
    const system = (await realPlan(['app.wsgi'], newest)).httpd.path;
    expect((await realPlan(['app.wsgi', '--httpd-executable', system], {env}, folder)).httpd.path).toBe(system);
  });

  test('has its libraries under apachectl too; doctor and module-config tell of it', async () => {
    const {venv, httpd} = await standalone();
    const cwd = site();
    const env = {VIRTUAL_ENV: venv, LD_LIBRARY_PATH: '/opt/more'};
    const examined = await command(['doctor', '--json'], {cwd, env});
    const findings = JSON.parse(examined.stdout) as {what: string; state: string; text: string}[];
    expect(findings.find(({what}) => what === 'Apache')).toMatchObject({
      state: 'ok',
      text: expect.stringContaining(`${httpd}/bin/httpd (of pip, in the virtual environment ${venv})`),
    });
    expect(findings.find(({what}) => what === 'Apache modules')?.text).toContain(`${httpd}/modules`);
    expect(findings.find(({what}) => what === 'Loading it')).toMatchObject({state: 'ok'});
    expect(await command(['module-config'], {cwd, env})).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(new RegExp(`^LoadModule wsgi_module "${venv}/.*\\.so"\nWSGIPythonHome "${venv}"\n$`)),
      stderr: expect.stringContaining(`start-server takes the Apache that pip has installed in ${venv}: ${httpd}/bin/httpd (Apache 2.4`),
    });

    const root = join(tempDir(), 'root');
    const port = await freePort();
    const words = ['--host', '127.0.0.1', '--port', String(port), '--server-root', root, ...AS_USER];
    expect(await command(['setup-server', 'app.wsgi', ...words], {cwd, env})).toMatchObject({status: 0, stderr: ''});
    const apachectl = (word: string) =>
      spawnSync(join(root, 'apachectl'), [word], {encoding: 'utf8', env: {...process.env, ...env}, timeout: 30_000});
    expect(apachectl('start')).toMatchObject({status: 0});
    try {
      const {body} = await until('an answer', () => get(`http://127.0.0.1:${port}/`));
      expect(body).toBe(`${httpd}/lib:/opt/more ${httpd}/modules`);
    } finally {
      const pid = await until(
        'the pid',
        () => existsSync(join(root, 'httpd.pid')) && Number(readFileSync(join(root, 'httpd.pid'), 'utf8')),
      );
      expect(apachectl('stop')).toMatchObject({status: 0});
      await until('the end', () => !alive(pid));
    }
  });
});

import {existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import {CALLERS, SetUp} from '../fixtures/setup/server-root.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';
import {Tty} from '../support/tty.ts';

interface Finding {
  what: string;
  state: 'ok' | 'limited' | 'missing';
  text: string;
}

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const [system] = columns() as [ReturnType<typeof columns>[number]];

/** What `doctor --json` says, by what it is about. */
function examine(server: SetUp, env: Record<string, string | undefined> = {}): {status: number | null; found: Map<string, Finding>} {
  const done = server.run(join(server.bin, 'mod_wsgi-express'), ['doctor', '--json'], {PATH: `${server.bin}:/usr/bin:/bin`, ...env});
  expect(done.stderr).toBe('');
  return {status: done.status, found: new Map((JSON.parse(done.stdout) as Finding[]).map((one) => [one.what, one]))};
}

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  test.each(CALLERS.map((caller) => [caller.name, caller] as const))('all is there, %s', async (_name, caller) => {
    const {status, found} = examine(await SetUp.make(column, caller));
    expect(status).toBe(0);
    expect([...found.values()].filter(({state}) => state === 'missing')).toEqual([]);
    expect(found.get('mod_wsgi')?.text).toContain(`${column.version}, ${column.modulePath}`);
    expect(found.get('Loading it')).toMatchObject({state: 'ok'});
    expect(found.get('Python')).toMatchObject({state: 'ok', text: expect.stringMatching(/^3\.\d+\.\d+, \/.*python3/)});
    expect(found.get('Stacks')).toMatchObject({state: 'ok'});
    expect(found.get('Node')?.text).toContain(process.versions.node);
    expect(found.has('User')).toBe(caller.uid === 0);
    expect(found.get('Terminal')).toMatchObject({state: 'limited', text: expect.stringContaining('none here')});
  });
});

test('without Apache it says which command installs it', async () => {
  const {status, found} = examine(await SetUp.make(system), {HTTPD: '/nowhere/httpd'});
  expect(status).toBe(1);
  expect(found.get('Apache')).toMatchObject({
    state: 'missing',
    text: expect.stringContaining('/nowhere/httpd, named by the environment variable HTTPD'),
  });
  const server = await SetUp.make(system);
  const broken = join(server.folder, 'broken');
  writeFileSync(broken, '#!/bin/sh\necho "error: libsomething.so.1 is gone" >&2\nexit 127\n', {mode: 0o755});
  expect(examine(server, {HTTPD: broken}).found.get('Apache')).toMatchObject({
    state: 'missing',
    text: expect.stringContaining('libsomething.so.1 is gone'),
  });
});

test('without mod_wsgi, or with one that Apache cannot load, it says what to do', async () => {
  const server = await SetUp.make(system);
  const venv = join(server.folder, 'venv');
  const packages = join(venv, 'lib/python3.7/site-packages');
  mkdirSync(packages, {recursive: true});
  writeFileSync(join(venv, 'pyvenv.cfg'), 'version = 3.7.1\n');
  const without = examine(server, {VIRTUAL_ENV: venv});
  expect(without.status).toBe(1);
  expect(without.found.get('mod_wsgi')).toMatchObject({
    state: 'missing',
    text: expect.stringContaining(`${venv}/bin/pip install mod_wsgi`),
  });

  mkdirSync(join(packages, 'mod_wsgi/server'), {recursive: true});
  mkdirSync(join(packages, 'mod_wsgi-6.0.0.dist-info'));
  writeFileSync(join(packages, 'mod_wsgi/server/mod_wsgi-py37.so'), 'cut short');
  const broken = examine(server, {VIRTUAL_ENV: venv});
  expect(broken.status).toBe(1);
  expect(broken.found.get('mod_wsgi')).toMatchObject({state: 'ok'});
  expect(broken.found.get('Loading it')).toMatchObject({state: 'missing', text: expect.stringContaining('file too short')});
  expect(broken.found.get('Python')).toMatchObject({state: 'limited', text: expect.stringContaining('install python3.7')});
});

test('in words, on a terminal', async () => {
  const cwd = tempDir();
  using tty = new Tty(process.execPath, [BUNDLE, 'doctor'], {
    cwd,
    cols: 200,
    rows: 40,
    env: {...system.env, LANG: 'C.UTF-8', LC_ALL: undefined},
  });
  expect(await tty.waitExit()).toMatchObject({exitCode: 0});
  expect(tty.screen()).toMatch(/^ok {7}Terminal {8}xterm-256color, 200x40, colours, Unicode$/m);
  expect(tty.screen()).toMatch(/^A server can run here/m);
  using small = new Tty(process.execPath, [BUNDLE, 'doctor'], {cwd, cols: 50, rows: 40, env: {...system.env, NO_COLOR: '1', LC_ALL: 'C'}});
  await small.waitExit();
  expect(small.screen().replaceAll('\n', '')).toContain('50x40, no colours, ASCII only: the dashboard needs 60x15');
});

test('an installation that lacks a part is noticed', async () => {
  const server = await SetUp.make(system);
  const folder = join(server.folder, 'installed');
  server.run('/bin/cp', ['-r', resolve(BUNDLE, '..'), folder]);
  symlinkSync(resolve(BUNDLE, '../../node_modules'), join(server.folder, 'node_modules'));
  server.run('/bin/rm', [join(folder, 'native/agent.py')]);
  expect(existsSync(join(folder, 'wsgideck.cjs'))).toBe(true);
  const done = server.run(join(server.bin, 'node'), [join(folder, 'wsgideck.cjs'), 'doctor']);
  expect(done.status).toBe(1);
  expect(done.stdout).toMatch(/^MISSING {2}wsgideck {8}native\/agent\.py is missing .*install wsgideck again/m);
});

test('a wrong word is a mistake', async () => {
  const server = await SetUp.make(system);
  expect(server.command('doctor', 'please')).toMatchObject({status: 2, stdout: ''});
  expect(server.command('doctor', '--help')).toMatchObject({status: 0, stdout: expect.stringContaining('usage: wsgideck doctor')});
});

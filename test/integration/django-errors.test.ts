import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {currentHost} from '../../src/express/index.ts';
import {readSettings} from '../../src/express/django/read-settings.ts';
import {systemDjango} from '../fixtures/django/environments.ts';
import {addSettings, startProject} from '../fixtures/django/project.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {tempDir} from '../support/temp.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const django = systemDjango();
const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];

let project: string;
let running: ChildProcess;
let root: string;
let settings: string;
beforeEach(() => {
  project = startProject(django.python);
  settings = join(project, 'shop/settings.py');
  root = join(tempDir(), 'root');
});

// A server that was started against all expectation.
afterEach(() => {
  if (running.exitCode === null && running.signalCode === null) running.kill();
});

/** Runs the command to its end; for what must not start a server. Returns standard error's lines. */
async function refused(
  args: string[] = [],
  {cwd = project, env = {}, code = 1}: {cwd?: string; env?: NodeJS.ProcessEnv; code?: number} = {},
) {
  const port = String(await freePort());
  const child = spawn(process.execPath, [BUNDLE, 'runmodwsgi', '--plain', '--port', port, '--server-root', root, ...user, ...args], {
    cwd,
    env: {...process.env, ...django.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = await new Promise<number | null>((done) => child.on('close', done));
  expect({ended, out, root: existsSync(root)}).toEqual({ended: code, out: '', root: false});
  return err.trimEnd().split('\n');
}

test.each([
  ['an exception', 'import os\nDOOR = os.environ["NO_SUCH_DOOR"]', "KeyError: 'NO_SUCH_DOOR'", 1],
  ['a syntax error', 'DOOR = = 1', 'SyntaxError: invalid syntax', 0],
  ['a module that is missing', 'import no_such_module', "ModuleNotFoundError: No module named 'no_such_module'", 0],
  ['an exit', 'raise SystemExit(3)', 'SystemExit: 3', 0],
  ['an error deep in a library', 'import json\njson.loads("{")', 'JSONDecodeError: Expecting property name', 1],
])('settings with %s are one line with file, line and exception', async (_, lines, what, offset) => {
  const at = readFileSync(settings, 'utf8').split('\n').length + 1 + offset;
  addSettings(project, [lines]);
  const said = await refused();
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(`wsgideck: error: settings cannot be loaded: ${settings}:${at}: ${what}`);
});

test('--traceback shows all that Python says before the line', async () => {
  addSettings(project, ['raise ValueError("\\033[31mred")']);
  const said = await refused(['--traceback']);
  expect(said[0]).toMatch(/^Traceback/);
  expect(said.at(-1)).toMatch(/^wsgideck: error: settings cannot be loaded: .*ValueError/);
  expect(said.join('')).not.toContain('\u001b');
});

test('a Python that dies is reported with its end', async () => {
  addSettings(project, ['import os, sys', 'sys.stderr.write("last words\\n")', 'sys.stderr.flush()', 'os._exit(7)']);
  expect(await refused()).toEqual([
    expect.stringMatching(/^wsgideck: error: settings cannot be read: .* ended without an answer \(status 7\): last words; /),
  ]);
});

test('settings that hang are given up, naming the line', async () => {
  addSettings(project, ['import time', 'time.sleep(60)']);
  const line = readFileSync(settings, 'utf8').split('\n').indexOf('time.sleep(60)') + 1;
  const options = {settings: null, pythonpath: null, traceback: false, seconds: 1};
  const where = {managePy: join(project, 'manage.py'), folder: project};
  const result = await readSettings(where, options, {python: django.python, runUser: null}, currentHost());
  expect(result).toMatchObject({
    problem: {text: `settings take too long: they have not loaded within 1 s, at ${settings}:${line}; find out what they wait for`},
  });
});

test('a settings module that does not exist', async () => {
  expect(await refused(['--settings', 'shop.production'])).toEqual([
    `wsgideck: error: settings not found: Python finds no module "shop.production" in ${project}; correct the name or give --pythonpath`,
  ]);
});

test('no project, in words that help', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'manage.py'), 'print("not of Django")\n'.replace('Django', 'that kind'));
  expect(await refused([], {cwd})).toEqual([
    expect.stringMatching(/^wsgideck: error: no Django project: neither .*; go to the project's directory/),
  ]);
  expect(await refused(['--manage-py', 'elsewhere.py'], {cwd})).toEqual([
    expect.stringContaining(`there is no file ${join(cwd, 'elsewhere.py')}`),
  ]);
});

test('a Python without Django names it and the cure', async () => {
  const without = columns()[1]!;
  expect(await refused([], {env: without.env})).toEqual([
    `wsgideck: error: Django not found: ${without.pythonHome}/bin/python3 has none; activate the project's virtual environment, or install it: ${without.pythonHome}/bin/python3 -m pip install django`,
  ]);
});

test('found from a directory below; manage.py that fails is named with its line', async () => {
  const cwd = join(project, 'deep/below');
  mkdirSync(cwd, {recursive: true});
  writeFileSync(join(project, 'manage.py'), 'import django\n\nraise RuntimeError("no luck")\n');
  expect(await refused([], {cwd})).toEqual([
    `wsgideck: error: manage.py cannot be run: ${join(project, 'manage.py')}:3: RuntimeError: no luck; correct it, or give --settings MODULE`,
  ]);
  writeFileSync(join(project, 'manage.py'), '"""For Django, names nothing."""\n');
  expect(await refused([], {cwd})).toEqual([expect.stringContaining('does not set DJANGO_SETTINGS_MODULE; give --settings MODULE')]);
});

test('WSGI_APPLICATION that is not set, or names nothing that can be found', async () => {
  addSettings(project, ['WSGI_APPLICATION = None']);
  expect(await refused()).toEqual([
    'wsgideck: error: no application: WSGI_APPLICATION is not set in shop.settings; set it, for example to "shop.wsgi.application"',
  ]);
  addSettings(project, ['WSGI_APPLICATION = "application"']);
  expect(await refused()).toEqual([expect.stringContaining('which is not a module and a name in it')]);
  addSettings(project, ['WSGI_APPLICATION = "shop.gone.application"']);
  expect(await refused()).toEqual([
    'wsgideck: error: no application: Python finds no module "shop.gone", which WSGI_APPLICATION in shop.settings names; correct it',
  ]);
});

test('--collectstatic that cannot work says what is missing', async () => {
  expect(await refused(['--collectstatic'])).toEqual([
    expect.stringMatching(/^wsgideck: error: --collectstatic: STATIC_ROOT is not set in shop\.settings; set it /),
  ]);
  addSettings(project, ['INSTALLED_APPS.remove("django.contrib.staticfiles")']);
  expect(await refused(['--collectstatic'])).toEqual([expect.stringContaining('django.contrib.staticfiles is not in INSTALLED_APPS')]);
});

test('a script is not what this command takes', async () => {
  expect(await refused(['wsgi.py'], {code: 2})).toEqual([
    expect.stringMatching(/^wsgideck: error: runmodwsgi takes no script, but was given "wsgi\.py"/),
  ]);
});

import {execFileSync, spawnSync} from 'node:child_process';
import {appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {type DjangoColumn, newestDjango, systemDjango} from '../fixtures/django/environments.ts';
import {addSettings, startProject} from '../fixtures/django/project.ts';
import {AS_USER} from '../fixtures/express/server.ts';
import {startDeck} from '../support/deck.ts';
import {get} from '../support/http.ts';
import {freePort} from '../support/ports.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const SHOW =
  'import os\nfrom django.conf import settings\n\ndef index(request):\n    return HttpResponse(f"{settings.SETTINGS_MODULE} {os.environ.get(\'DOOR\')} {os.getcwd()}")\n';
const django = systemDjango();

let newest: DjangoColumn;
beforeAll(async () => {
  newest = await newestDjango();
}, 300_000);

/** A project whose front page tells its settings module, the variable DOOR and its directory. */
function showing(): string {
  const project = startProject(django.python);
  appendFileSync(join(project, 'shop/views.py'), `\n${SHOW}`);
  return project;
}

test("the project's own ./venv is found, with the Django and mod_wsgi in it", async () => {
  const app = startProject(newest.python);
  symlinkSync(newest.pythonHome!, join(app, 'venv'));
  const deck = await startDeck({app, column: django, mode: 'json', command: ['runmodwsgi', '--no-static']});
  expect((await deck.waitEvent('instance')).info.modWsgi).toMatch(/^6\./);
  expect((await deck.get('/')).body).toBe('index');
  await deck.stop();
});

test('manage.py in a directory of its own: what it sets in the environment and on the module path holds for the server', async () => {
  const repository = join(tempDir(), 'repository');
  mkdirSync(join(repository, 'lib'), {recursive: true});
  renameSync(showing(), join(repository, 'src'));
  writeFileSync(join(repository, 'lib/borrowed.py'), 'NAME = "borrowed"\n');
  addSettings(join(repository, 'src'), ['import borrowed', 'BASE_DIR = BASE_DIR.parent']);
  const manage = join(repository, 'src/manage.py');
  const own = 'import os, sys\nos.environ["DOOR"] = "open"\nsys.path.append(os.path.join(os.path.dirname(__file__), "../lib"))\n';
  writeFileSync(manage, own + readFileSync(manage, 'utf8'));
  const deck = await startDeck({
    app: repository,
    column: django,
    mode: 'json',
    command: ['runmodwsgi', '--no-static', '--manage-py', 'src'],
  });
  expect((await deck.get('/')).body).toBe(`shop.settings open ${deck.appDir}`);
  expect((await deck.waitEvent('instance')).info.projectRoot).toBe(deck.appDir);
  await deck.stop();
});

test('--settings, also without a manage.py, and --pythonpath', async () => {
  const app = showing();
  writeFileSync(join(app, 'shop/production.py'), 'from .settings import *\nfrom extra import NAME\n');
  mkdirSync(join(app, 'further'));
  writeFileSync(join(app, 'further/extra.py'), 'NAME = 1\n');
  renameSync(join(app, 'manage.py'), join(app, 'other.py'));
  const words = ['--settings', 'shop.production', '--pythonpath', 'further', '--no-static', '-v', '2', '--no-color'];
  const deck = await startDeck({app, column: django, mode: 'json', command: ['runmodwsgi', ...words]});
  expect((await deck.get('/')).body).toBe(`shop.production None ${deck.appDir}`);
  await deck.stop();
});

test('--setup-only writes a server root that apachectl starts, and says what it cannot keep', async () => {
  const app = showing();
  const root = join(tempDir(), 'root');
  const port = String(await freePort());
  const words = [
    'runmodwsgi',
    '--setup-only',
    '--no-static',
    '--settings',
    'shop.settings',
    '--server-root',
    root,
    '--port',
    port,
    ...AS_USER,
  ];
  const set = spawnSync(process.execPath, [BUNDLE, ...words], {cwd: app, env: {...process.env, ...django.env}, encoding: 'utf8'});
  expect(set.stdout).toContain(`Control Script     : ${join(root, 'apachectl')}`);
  expect(set).toMatchObject({
    status: 0,
    stderr: "wsgideck: warning: apachectl does not set DJANGO_SETTINGS_MODULE; export it in the server root's envvars file\n",
  });
  const apachectl = (word: string) => execFileSync(join(root, 'apachectl'), [word], {stdio: 'ignore'});
  apachectl('start');
  try {
    const page = await until('the front page', () => get(`http://127.0.0.1:${port}/`), 40_000);
    expect(page.body).toBe(`shop.settings None ${app}`);
  } finally {
    apachectl('stop');
  }
  const pidFile = join(root, 'httpd.pid');
  await until('the end of Apache', () => !existsSync(pidFile), 40_000);
});

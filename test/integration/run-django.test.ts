import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {type DjangoColumn, newestDjango} from '../fixtures/django/environments.ts';
import {startProject} from '../fixtures/django/project.ts';
import {ready} from '../fixtures/run/original.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';

const LOGIN = '/admin/login/?next=/admin/';

let django: DjangoColumn;
beforeAll(async () => {
  django = await newestDjango();
}, 300_000);

const start = (args: string[] = []): Promise<RunningDeck> =>
  startDeck({
    app: startProject(django.python, ['INSTALLED_APPS += ["mod_wsgi.server"]']),
    column: django,
    mode: 'json',
    command: ['run', '--json', '--', django.python, 'manage.py', 'runmodwsgi'],
    probe: LOGIN,
    args,
  });

test('python manage.py runmodwsgi of a real project is supervised: project, stacks of a view, restart with its reason', async () => {
  const deck = await start(['--request-timeout', '3', '--threads', '1', '--shutdown-timeout', '2']);
  await ready(deck);
  const {info} = await deck.waitEvent('instance');
  expect(info).toMatchObject({
    name: 'shop',
    script: null,
    projectRoot: deck.appDir,
    serverRoot: deck.serverRoot,
    url: `http://127.0.0.1:${deck.port}/`,
    requestTimeout: 3,
    threads: 1,
  });
  expect((await deck.get(LOGIN)).status).toBe(200);
  const line = readFileSync(join(deck.appDir, 'shop/views.py'), 'utf8').split('\n').findIndex((text) => text.includes('sleep(30)')) + 1; // prettier-ignore
  const slow = deck.get('/slow/', {timeout: 30_000}).catch(() => null);
  await deck.waitEvent('requests', (event) =>
    event.requests.some((one) => one.url === '/slow/' && one.at === `shop/views.py:${line} in slow`),
  );
  const {capture} = await deck.waitEvent('stacks', (event) => event.capture.method === 'mod_wsgi');
  expect(capture.title).toMatch(/^request timeout: GET \/slow\/ after/);
  await deck.waitEvent('restart', (event) => event.cause === 'request-timeout');
  await slow;
  expect(await deck.stop()).toEqual({code: 0, signal: null});
});

test('a project without mod_wsgi.server: the words of Django, its status', async () => {
  const deck = await startDeck({
    app: startProject(django.python),
    column: django,
    mode: 'plain',
    command: ['run', '--', django.python, 'manage.py', 'runmodwsgi'],
    probe: null,
  });
  expect(await deck.waitExit()).toEqual({code: 1, signal: null});
  await deck.waitGone();
  expect(deck.output()).toMatch(/Unknown command: 'runmodwsgi'/);
  expect(deck.output()).toMatch(/manage.py runmodwsgi ended with status 1 before anything was served/);
});

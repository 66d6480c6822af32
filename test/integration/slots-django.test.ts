import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {type DjangoColumn, newestDjango, systemDjango} from '../fixtures/django/environments.ts';
import {startProject} from '../fixtures/django/project.ts';
import {startDeck} from '../support/deck.ts';
import {reloads, settled} from '../support/slots.ts';
import {until} from '../support/wait.ts';
import {saveByRename} from '../support/save.ts';

let newest: DjangoColumn;
beforeAll(async () => {
  newest = await newestDjango();
}, 300_000);

test.each([
  ['system', () => systemDjango()],
  ['newest', () => newest],
] as const)('views of a Django project, which Django imports late, are loaded before they are live (%s)', async (_, column) => {
  const deck = await startDeck({
    app: startProject(column().python),
    column: column(),
    mode: 'json',
    command: ['runmodwsgi'],
    args: ['--reload-on-changes'],
  });
  await settled(deck);
  const views = join(deck.appDir, 'shop/views.py');
  const text = readFileSync(views, 'utf8');
  saveByRename(views, text.replace('HttpResponse("index")', 'HttpResponse("new index")'));
  await until('the new view', async () => (await deck.get('/')).body === 'new index');
  await settled(deck);
  const before = reloads(deck).length;
  saveByRename(views, text.replace('def index', 'def index('));
  const failed = await until('the failed reload', () => reloads(deck)[before]?.status === 'failed' && reloads(deck)[before]);
  expect(failed.failure).toMatchObject({title: expect.stringContaining('SyntaxError'), place: {file: views}});
  expect(await deck.get('/')).toMatchObject({status: 200, body: 'new index'});
  // A test that nothing imports, then the correction.
  writeFileSync(join(deck.appDir, 'shop/tests.py'), '');
  saveByRename(views, text);
  await until('the corrected view', async () => (await deck.get('/')).body === 'index');
  await deck.stop();
});

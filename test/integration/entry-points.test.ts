import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {type DjangoColumn, newestDjango} from '../fixtures/django/environments.ts';
import {prepare, realPlan} from '../fixtures/express/server.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';

const FLASK = `from flask import Flask, request

app = Flask(__name__)


@app.get('/hello/<name>')
def hello(name):
    return {'hello': name, 'root': request.script_root, 'module': __name__}
`;

let environment: DjangoColumn;
beforeAll(async () => {
  environment = await newestDjango();
}, 300_000);

function flaskFolder(): string {
  const folder = join(tempDir(), 'hello');
  mkdirSync(join(folder, 'shop'), {recursive: true});
  writeFileSync(join(folder, 'app.py'), FLASK);
  writeFileSync(join(folder, 'shop/__init__.py'), '');
  writeFileSync(join(folder, 'shop/wsgi.py'), FLASK);
  writeFileSync(join(folder, 'app.wsgi'), 'from app import app as application\n');
  writeFileSync(join(folder, 'colon:app.wsgi'), 'from app import app as application\n');
  writeFileSync(join(folder, 'wsgi.py'), 'from app import app as application\n');
  return folder;
}

test.each([
  ['a module and its callable, as other servers have it', ['app:app'], 'app'],
  ['a module in a package', ['shop.wsgi:app'], 'shop.wsgi'],
  ['a module by the options of the original', ['--application-type', 'module', 'app', '--callable-object', 'app'], 'app'],
  ['a .wsgi script', ['app.wsgi'], 'app'],
  ['a .wsgi script and its callable', ['app.wsgi:application'], 'app'],
  ['the same with a path', ['./app.wsgi:application'], 'app'],
  ['a file whose name holds a colon', ['colon:app.wsgi'], 'app'],
  ['wsgi.py as a script', ['wsgi.py'], 'app'],
  ['a script with its callable', ['app.py', '--callable-object', 'app'], '__wsgi__'],
])('Flask from %s', async (_, words, module) => {
  const deck = await startDeck({
    app: flaskFolder(),
    column: environment,
    mode: 'json',
    command: ['start-server', ...words, '--mount-point', '/mine'],
    probe: '/mine/hello/x',
  });
  expect(JSON.parse((await deck.get('/mine/hello/you')).body)).toEqual({hello: 'you', root: '/mine', module});
  await deck.stop();
});

/** What is said about an entry point given in a folder; the server root is written and taken back. */
async function said(argv: string[], cwd: string): Promise<string[]> {
  return (await prepare(await realPlan(argv, columns()[0]!, cwd))).map(({text}) => text);
}

test('what was probably meant is named', async () => {
  const cwd = flaskFolder();
  expect(await said(['app'], cwd)).toEqual([expect.stringMatching(/^script not found: .*; did you mean app\.py\?$/)]);
  expect(await said(['shop.wsgi'], cwd)).toEqual([
    expect.stringMatching(/^script not found: .*; to import shop\.wsgi add --application-type module$/),
  ]);
  expect(await said(['.'], cwd)).toEqual([`script is not a file: ${cwd}; did you mean ${join(cwd, 'wsgi.py')}?`]);
  expect(await said(['--application-type', 'module', 'shop/wsgi.py'], cwd)).toEqual([
    expect.stringMatching(/^module not found: .*; it looks like a file: leave --application-type out$/),
  ]);
  writeFileSync(join(cwd, 'manage.py'), '');
  expect(await said(['.'], cwd)).toEqual([
    expect.stringMatching(/; it has a manage\.py: for a Django project go there and run wsgideck runmodwsgi$/),
  ]);
  expect(await said(['nowhere.wsgi'], cwd)).toEqual([expect.stringMatching(/; correct the path$/)]);
});

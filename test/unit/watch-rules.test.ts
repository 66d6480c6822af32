import {expect, test} from 'vitest';
import {watchRules} from '../../src/instance/watch-rules.ts';

const root = '/srv/shop';
const relevant = (path: string, include: string[] = [], exclude: string[] = []) =>
  watchRules(root, include, exclude).relevant(`${root}/${path}`);

test.each(['app.wsgi', 'shop/views.py', 'templates/cart.html', '.env', '.env.local', 'conf/settings.yaml', 'po/de.mo'])(
  '%s is code',
  (path) => {
    expect(relevant(path)).toBe(true);
  },
);

test.each([
  'db.sqlite3', 'debug.log', 'out.txt', 'shop/__pycache__/views.cpython-311.pyc', '.git/index', 'venv/lib/python3.11/site-packages/django/http.py',
  'shop/.views.py.swp', 'shop/views.py~', 'shop/4913', 'shop/#views.py#', 'shop/.#views.py', 'media/upload.html', 'node_modules/a/b.json',
])('%s is not', (path) => {
  expect(relevant(path)).toBe(false);
}); // prettier-ignore

test('globs add and take away', () => {
  expect(relevant('data/rates.csv')).toBe(false);
  expect(relevant('data/rates.csv', ['data/*.csv'])).toBe(true);
  expect(relevant('deep/er/rates.csv', ['*.csv'])).toBe(true);
  expect(relevant('shop/views.py', [], ['shop/*'])).toBe(false);
  expect(relevant('shop/views.py', ['*.py'], ['views.py'])).toBe(false);
});

test('ignored folders are not even looked into', () => {
  const rules = watchRules(root, [], ['generated/**']);
  expect(rules.ignored(`${root}/node_modules`, false)).toBe(true);
  expect(rules.ignored(`${root}/shop`, false)).toBe(false);
  expect(rules.ignored(`${root}/generated/x`, false)).toBe(true);
  expect(rules.ignored(root, false)).toBe(false);
  expect(rules.ignored(`${root}/.hidden`, false)).toBe(false);
});

test('a glob does not lead into ignored folders, unless it names them', () => {
  const enters = (folder: string, include: string[]) => !watchRules(root, include, []).ignored(`${root}/${folder}`, false);
  for (const glob of ['*.yaml', '**/*.yaml', 'conf/*.yaml', '**/media/*.css']) expect(enters('media', [glob]), glob).toBe(false);
  for (const glob of ['media/*.css', './media/site/**', 'media/site/main.css']) expect(enters('media', [glob]), glob).toBe(true);
  expect(enters('shop/node_modules', ['node_modules/own/*.js'])).toBe(false);
  expect(enters('node_modules/own/node_modules', ['node_modules/own/*.js'])).toBe(false);
  expect(relevant('media/site/main.css', ['media/site/*'])).toBe(true);
});

test('what pages ask for counts only where it is wanted', () => {
  const asset = (path: string, exclude: string[] = [], assets = true) => watchRules(root, [], exclude, assets).asset(`${root}/${path}`);
  for (const path of ['static/site.css', 'logo.svg', 'static/js/cart.mjs']) {
    expect(asset(path), path).toBe(true);
    expect(asset(path, [], false), path).toBe(false);
    expect(relevant(path), path).toBe(false);
  }
  for (const path of ['app.py', 'media/cat.png', 'node_modules/a/b.js', 'static/.#site.css', 'static/site.css~'])
    expect(asset(path), path).toBe(false);
  expect(asset('static/site.css', ['static/**'])).toBe(false);
});

test('a root inside a folder of an ignored name is still watched', () => {
  expect(watchRules('/home/x/media/site', [], []).relevant('/home/x/media/site/app.py')).toBe(true);
});

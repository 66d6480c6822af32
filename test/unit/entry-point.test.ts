import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {parseStartServer, UsageError} from '../../src/express/index.ts';
import {tempDir} from '../support/temp.ts';

function entryOf(...argv: string[]) {
  const parsed = parseStartServer(argv, {});
  if (parsed.action !== 'run') throw new Error(parsed.action);
  const {applicationType, entry, callableObject} = parsed.options;
  return [applicationType, entry, callableObject];
}

test.each([
  [['app.wsgi'], ['script', 'app.wsgi', 'application']],
  [['app:app'], ['module', 'app', 'app']],
  [['shop.wsgi:application'], ['module', 'shop.wsgi', 'application']],
  [
    ['--entry-point', 'shop.wsgi:application'],
    ['module', 'shop.wsgi', 'application'],
  ],
  [
    ['--application-type', 'module', 'shop.wsgi'],
    ['module', 'shop.wsgi', 'application'],
  ],
  [
    ['--application-type', 'module', 'shop.wsgi', '--callable-object', 'app'],
    ['module', 'shop.wsgi', 'app'],
  ],
  [
    ['--application-type', 'module', 'shop.wsgi:app', '--callable-object', 'app'],
    ['module', 'shop.wsgi', 'app'],
  ],
  // What other servers take as well.
  [['app:create_app()'], ['module', 'app', 'create_app()']],
  [['shop.main:make("x", debug=True)'], ['module', 'shop.main', 'make("x", debug=True)']],
  [['app:app.wsgi_app'], ['module', 'app', 'app.wsgi_app']],
  [['src/app.py:create_app()'], ['script', 'src/app.py', 'create_app()']],
  [
    ['app.wsgi', '--callable-object', 'create_app()'],
    ['script', 'app.wsgi', 'create_app()'],
  ],
  // An empty option is none; further words count for nothing, as with the original.
  [
    ['--entry-point', '', 'app.wsgi', 'more'],
    ['script', 'app.wsgi', 'application'],
  ],
  [
    ['--entry-point', 'site.wsgi', 'app.wsgi'],
    ['script', 'site.wsgi', 'application'],
  ],
  // Files of such names.
  [['./app:app'], ['script', './app:app', 'application']],
  [
    ['--application-type', 'script', 'app:app'],
    ['script', 'app:app', 'application'],
  ],
  [
    ['--application-type', 'paste', 'app:app'],
    ['paste', 'app:app', 'application'],
  ],
])('%j', (argv, expected) => {
  expect(entryOf(...argv)).toEqual(expected);
});

test('two callables contradict each other, also when one of them is the default', () => {
  for (const name of ['other', 'application']) {
    expect(() => entryOf('app:app', '--callable-object', name)).toThrow(UsageError);
    expect(() => entryOf('app:app', '--callable-object', name)).toThrow(`"app" in app:app, "${name}" by --callable-object`);
  }
});

test.each(['app:create_app(', 'app:app.1', 'shop.main:make()()x'])('%s is no callable', (entry) => {
  expect(() => entryOf(entry)).toThrow(/after the colon stands the WSGI callable, or a call that makes it/);
});

test.each(['create_app(', 'a b', '1', ''])('--callable-object "%s" is none either', (text) => {
  expect(() => entryOf('app.wsgi', '--callable-object', text)).toThrow(/is not a Python name, nor a call/);
});

describe('files', () => {
  const folder = tempDir();
  for (const name of ['app.wsgi', 'colon:app.wsgi', 'serve', 'shop.wsgi']) writeFileSync(join(folder, name), '');
  const at = (name: string) => join(folder, name);

  test.each([
    ['a script that is there, and its callable', 'app.wsgi:make()', 'app.wsgi', 'make()'],
    ['a script that is not there is still a path', 'none.wsgi:app', 'none.wsgi', 'app'],
    ['a file of any name', 'serve:app', 'serve', 'app'],
    ['a file whose name holds a colon', 'colon:app.wsgi', 'colon:app.wsgi', 'application'],
    ['that file, and its callable', 'colon:app.wsgi:app', 'colon:app.wsgi', 'app'],
  ])('%s', (_, given, path, callable) => {
    expect(entryOf(at(given))).toEqual(['script', at(path), callable]);
  });

  test('a path that begins with ./ names no module', () => {
    expect(entryOf('./none.wsgi:app')).toEqual(['script', './none.wsgi', 'app']);
  });

  test('a type that is given is obeyed', () => {
    expect(entryOf('--application-type', 'script', at('app.wsgi:app'))).toEqual(['script', at('app.wsgi:app'), 'application']);
  });
});

import {expect, test} from 'vitest';
import {parseStartServer, UsageError} from '../../src/express/index.ts';

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

test.each(['app:create_app()', 'app:app.wsgi_app', 'shop.main:make("x")'])('%s is more than a name', (entry) => {
  expect(() => entryOf(entry)).toThrow(/after the colon stands the name of the WSGI callable/);
});

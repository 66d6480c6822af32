import {expect, test} from 'vitest';
import {watchRoots} from '../../src/instance/watch-roots.ts';

const roots = (...given: string[]) => watchRoots(given, [], []);

test('no folder is watched twice', () => {
  expect(roots('/srv/shop', '/srv/shop/site', '/srv/shop/site/lib', '/srv/shopping')).toEqual(['/srv/shop', '/srv/shopping']);
  expect(roots('/srv/shop/site', '/srv/shop')).toEqual(['/srv/shop']);
  expect(roots('/', '/srv')).toEqual(['/']);
});

test('what the outer watch does not reach has a watch of its own', () => {
  expect(roots('/srv/shop', '/srv/shop/venv/src/ours')).toEqual(['/srv/shop', '/srv/shop/venv/src/ours']);
  expect(watchRoots(['/srv/shop', '/srv/shop/gen/lib'], [], ['gen/**'])).toEqual(['/srv/shop', '/srv/shop/gen/lib']);
});

test('installed packages are not watched, unless they are the project', () => {
  const installed = '/srv/env/lib/python3.11/site-packages';
  expect(roots('/srv/shop', installed, '/usr/lib/python3/dist-packages/x')).toEqual(['/srv/shop']);
  expect(roots(`${installed}/shop`)).toEqual([`${installed}/shop`]);
});

import {expect, test} from 'vitest';
import {addressOf} from '../../src/instance/instances/our-instance.ts';

test('the address in the name of a process group is an address, or nothing', () => {
  expect(addressOf('localhost:8000')).toBe('http://localhost:8000/');
  expect(addressOf('10.0.0.1:80')).toBe('http://10.0.0.1:80/');
  expect(addressOf('::1:8000')).toBe('http://[::1]:8000/');
  for (const other of [undefined, 'shop', 'a b:80', 'a/b:80', 'localhost:99999', 'x:y:80', '[:80'])
    expect(addressOf(other), other).toBeUndefined();
});

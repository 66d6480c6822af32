import {expect, test} from 'vitest';
import {capabilities} from '../../src/terminal/capabilities.ts';

test('NO_COLOR counts when it is not empty, and dumb terminals have none', () => {
  expect(capabilities({TERM: 'xterm', LANG: 'C.UTF-8'})).toEqual({colour: true, unicode: true});
  expect(capabilities({NO_COLOR: '1', LANG: 'C.UTF-8'}).colour).toBe(false);
  expect(capabilities({NO_COLOR: '', LANG: 'C.UTF-8'}).colour).toBe(true);
  expect(capabilities({TERM: 'dumb', LANG: 'C.UTF-8'})).toEqual({colour: false, unicode: false});
});

test('the locale follows the precedence of setlocale', () => {
  expect(capabilities({LC_ALL: 'C', LANG: 'en_US.UTF-8'}).unicode).toBe(false);
  expect(capabilities({LC_ALL: '', LC_CTYPE: 'de_DE.utf8', LANG: 'C'}).unicode).toBe(true);
  expect(capabilities({}).unicode).toBe(false);
});

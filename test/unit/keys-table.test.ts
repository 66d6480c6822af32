import {expect, test} from 'vitest';
import {runAction} from '../../components/store/actions.ts';
import {bindingFor, commands, KEYMAP, type Circumstances, type Place} from '../../src/terminal/keymap.ts';
import {keySheet} from '../../src/terminal/key-sheet.ts';
import {keyName, typedKeys} from '../../src/terminal/key-names.ts';

const HERE: Circumstances = {readOnly: false, debug: false, replay: false, foreign: false};

test('in one place a key has one meaning, and another one at most while a recording is played', () => {
  const places = new Set(KEYMAP.flatMap((one) => one.places));
  for (const place of places) {
    for (const replay of [false, true]) {
      const keys = KEYMAP.filter((one) => one.places.includes(place) && (one.only === 'replay') === replay).flatMap((one) => one.keys);
      expect(new Set(keys).size, place).toBe(keys.length);
    }
  }
  expect(bindingFor('space', 'logs')?.action).toBe('page-down');
  expect(bindingFor('space', 'logs', true)?.action).toBe('replay-pause');
  expect(bindingFor('/', 'logs', true)?.action).toBe('filter');
  expect(bindingFor('+', 'logs')).toBeUndefined();
});

test('every binding says what it does, and every action is carried out by somebody', () => {
  const handled = runAction.toString();
  for (const one of KEYMAP) {
    expect(one.help.length, one.action).toBeGreaterThan(3);
    expect(handled, one.action).toContain(one.action);
  }
});

test('what changes the server is marked as such', () => {
  const changing = commands(HERE)
    .filter((one) => one.changes)
    .map((one) => one.command);
  expect(changing).toEqual(['file an incident', 'reload', 'restart gracefully', 'restart', 'stop', 'stop now']);
  expect(commands({...HERE, readOnly: true}).some((one) => one.changes)).toBe(false);
});

test('places lead to bindings', () => {
  expect(bindingFor('/', 'logs')?.action).toBe('filter');
  expect(bindingFor('/', 'stacks')).toBeUndefined();
  for (const place of ['overview', 'requests', 'stacks', 'logs', 'processes'] satisfies Place[])
    expect(bindingFor('?', place)?.action).toBe('help');
});

test.each([
  ['a', {}, 'a'],
  ['G', {shift: true}, 'G'],
  [' ', {}, 'space'],
  ['', {upArrow: true}, 'up'],
  ['\r', {return: true}, 'enter'],
  ['', {tab: true, shift: true}, 'shift-tab'],
  ['p', {ctrl: true}, 'ctrl-p'],
  ['', {delete: true}, 'backspace'],
  ['x', {meta: true}, null],
  ['\u0007', {}, null],
  ['ab', {}, null],
  ['a', {eventType: 'release'}, null],
] as const)('key %j %j is %s', (input, key, name) => expect(keyName(input, key)).toBe(name));

test('keys that arrive in one piece are told apart', () => {
  expect(typedKeys('2\r\u007f\u0003 é').map((one) => one.name)).toEqual(['2', 'enter', 'backspace', 'ctrl-c', 'space', 'é']);
  expect(typedKeys('2\r é').map((one) => one.text)).toEqual(['2', '', ' ', 'é']);
});

test('the key sheet names every key once', () => {
  const sheet = keySheet();
  for (const one of KEYMAP) expect(sheet.split(`| ${one.help} |`).length - 1, one.action).toBe(['choose'].includes(one.action) ? 0 : 1);
  expect(sheet).toContain('| `ctrl-c` | stop gracefully and show progress; again: stop now |');
});

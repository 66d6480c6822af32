import {describe, expect, test} from 'vitest';
import {helpText} from '../../src/express/index.ts';
import {AREAS} from '../../src/express/options/option.ts';
import {OPTIONS} from '../../src/express/options/table.ts';
import {readValue} from '../../src/express/values.ts';

const supported = OPTIONS.filter((option) => !option.refused);

describe('the option table', () => {
  test('no name and no key is given twice', () => {
    const flags = OPTIONS.flatMap((option) => option.flags);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(OPTIONS.map((option) => option.dest)).size).toBe(OPTIONS.length);
  });

  test('each entry is complete', () => {
    for (const option of OPTIONS) {
      const name = option.flags[0];
      expect(option.help.length, name).toBeGreaterThan(3);
      expect(option.directive, name).not.toBe('');
      expect(option.since, name).toMatch(/^(?:\d+\.\d+\.\d+|wsgideck)$/);
      expect(AREAS, name).toContain(option.area);
      expect(option.type === 'flag', name).toBe(option.arity === 0);
    }
  });

  test('each entry fits its own type', () => {
    for (const option of supported) {
      const name = option.flags[0];
      expect(option.metavar?.split(' ').length ?? 0, name).toBe(option.arity);
      expect(Array.isArray(option.default), name).toBe(option.repeatable === true);
      expect(option.type === 'flag', name).toBe(option.default === false);
    }
  });

  test('each default is a value that could be given', () => {
    const given = supported.filter((option) => typeof option.default === 'number' || typeof option.default === 'string');
    expect(given.length).toBeGreaterThan(30);
    for (const option of given) expect(readValue(option, String(option.default))).toBe(option.default);
  });
});

describe('--help', () => {
  test.each([40, 80, 120])('fits into %i columns', (width) => {
    const wide = helpText(width)
      .split('\n')
      .filter((line) => line.length > width && line.trim().includes(' '));
    // A name with its value stands on a line of its own, however narrow the screen.
    expect(wide.filter((line) => !/^ {2}--|^Usage|^ {7}wsgideck/.test(line))).toEqual([]);
  });

  test('names every option that is not hidden, and no other', () => {
    const named = [...helpText().matchAll(/^ {2}(--[\w-]+)/gm)].map((match) => match[1]);
    const visible = OPTIONS.filter((option) => !option.hidden).map((option) => option.flags[0]);
    expect(new Set(named)).toEqual(new Set([...visible, '--help', '--version']));
  });
});

import {expect, test} from 'vitest';
import {paletteItems} from '../../components/present/present-palette.ts';
import {fuzzyFilter, fuzzyScore} from '../../src/terminal/fuzzy.ts';

const HERE = {readOnly: false, debug: false, replay: false, foreign: false};
const found = (text: string) => paletteItems(text, HERE).map((one) => one.command);

test('letters in order find a command, the nearest first', () => {
  expect(found('reload')[0]).toBe('reload');
  expect(found('rg')[0]).toBe('restart gracefully');
  expect(found('stop now')[0]).toBe('stop now');
  expect(found('sn')[0]).toMatch(/stop now|take stacks now/);
  expect(found('zzz')).toEqual([]);
  expect(found('')).toContain('quit');
});

test('scores: runs and beginnings of words count, order matters', () => {
  expect(fuzzyScore('res', 'restart')!).toBeGreaterThan(fuzzyScore('res', 'requests')!);
  expect(fuzzyScore('ts', 'st')).toBeNull();
  expect(fuzzyFilter('', ['b', 'a'], String)).toEqual(['b', 'a']);
});

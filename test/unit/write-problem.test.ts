import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {mistakeOf} from '../../src/cli/report.ts';
import {parseArgs} from 'node:util';
import {nameProblem, writeProblem} from '../../src/instance/write-problem.ts';
import {tempDir} from '../support/temp.ts';

test('only ordinary files are replaced, and only when asked', () => {
  const folder = tempDir();
  const file = join(folder, 'file');
  expect(nameProblem(file, false)).toBeNull();
  writeFileSync(file, '');
  symlinkSync(file, join(folder, 'link'));
  mkdirSync(join(folder, 'sub'));
  expect(nameProblem(file, false)).toBe(`${file}: exists already; --force replaces it`);
  expect(nameProblem(file, true)).toBeNull();
  expect(nameProblem(join(folder, 'link'), true)).toBeNull();
  expect(nameProblem(join(folder, 'sub'), true)).toMatch(/sub: it is a folder/);
  expect(nameProblem('/dev/null', true)).toBe('/dev/null: is no ordinary file');
  expect(nameProblem(join(file, 'x'), false)).toMatch(/no folder/);
});

test('what the system says of a write is said in words', () => {
  expect(writeProblem(Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC'}))).toBe('the disk is full');
  expect(writeProblem(new Error('else'))).toBe('else');
});

test('a value that begins with a dash is one line, as every mistake on a command line', () => {
  const mistake = (args: string[]): string => {
    try {
      parseArgs({args, options: {lines: {type: 'string', short: 'n'}}});
    } catch (error) {
      return mistakeOf(error);
    }
    return '';
  };
  expect(mistake(['--lines', '-4'])).toBe('--lines takes a value; one that begins with a dash is given as --lines=VALUE');
  expect(mistake(['--line', '4'])).toBe("Unknown option '--line'");
});

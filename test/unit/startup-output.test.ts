import {expect, test} from 'vitest';
import {StartupOutput} from '../../src/instance/startup-output.ts';

function printed(count: number): StartupOutput {
  const output = new StartupOutput();
  for (let n = 1; n <= count; n++) output.chunk(Buffer.from(`line ${n}\r\n`));
  return output;
}

function heard(output: StartupOutput): string[] {
  const lines: string[] = [];
  output.to((line) => lines.push(line));
  return lines;
}

test('as many lines as are kept are shown as they are', () => {
  const lines = heard(printed(200));
  expect(lines).toHaveLength(200);
  expect(lines[0]).toBe('line 1');
});

test('of more, the first line says how many are missing; what comes later is all shown', () => {
  const output = printed(243);
  const lines = heard(output);
  expect(lines).toHaveLength(201);
  expect(lines.slice(0, 2)).toEqual(['... 43 lines before this left out', 'line 44']);
  for (let n = 244; n <= 600; n++) output.chunk(Buffer.from(`line ${n}\n`));
  expect(lines).toHaveLength(201 + 357);
  expect(lines.at(-1)).toBe('line 600');
  expect(lines.filter((line) => line.startsWith('...'))).toHaveLength(1);
});

test('the last lines, for a failure, say how many came before them, kept or not', () => {
  expect(printed(10).last(10)).toHaveLength(10);
  expect(printed(11).last(10).slice(0, 2)).toEqual(['... 1 line before this left out', 'line 2']);
  expect(printed(500).last(10)).toEqual(['... 490 lines before this left out', ...Array.from({length: 10}, (_, n) => `line ${491 + n}`)]);
});

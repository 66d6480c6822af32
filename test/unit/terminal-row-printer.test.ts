import {PassThrough} from 'node:stream';
import stringWidth from 'string-width';
import {expect, test} from 'vitest';
import {RowPrinter} from '../../src/terminal/row-printer.ts';

test('each row has one sign of one cell, the same for as long as it is drawn, and an empty row none', () => {
  const printer = new RowPrinter();
  const sign = printer.sign('\u001b[31mone\u001b[39m');
  expect(sign).toMatch(/^\p{Cs}$/u);
  expect(printer.sign('\u001b[31mone\u001b[39m')).toBe(sign);
  expect(printer.sign('two')).not.toBe(sign);
  expect(printer.sign('')).toBe('');
});

test('signs become their rows; whole pairs in a row stay as they are', () => {
  const printer = new RowPrinter();
  const one = printer.sign('a row with a 🐍');
  const two = printer.sign('another');
  expect(printer.print(`\u001b[K${one}\n\u001b[K${two}`)).toBe('\u001b[Ka row with a 🐍\n\u001b[Kanother');
  expect(printer.print('🐍')).toBe('🐍');
});

test('Ink counts one cell for a sign, so that it never wraps or cuts one', () => {
  const printer = new RowPrinter();
  const signs = Array.from({length: 3000}, (_, index) => printer.sign(`row ${index}`));
  for (const sign of signs) expect(Math.max(1, stringWidth(sign))).toBe(1);
});

test('over more rows than there are signs, a row that is drawn in every frame keeps its own', () => {
  const printer = new RowPrinter();
  const sign = printer.sign('always here');
  for (let frame = 0; frame < 300; frame++) {
    for (let row = 0; row < 60; row++) expect(printer.print(printer.sign(`${frame} ${row}`))).toBe(`${frame} ${row}`);
    expect(printer.sign('always here')).toBe(sign);
  }
  expect(printer.print(sign)).toBe('always here');
});

test('a stream through the printer is the stream itself but for what is written', () => {
  const printer = new RowPrinter();
  const stream = new PassThrough();
  const through = printer.through(stream);
  through.write(`-${printer.sign('row')}-`);
  expect(String(stream.read())).toBe('-row-');
  expect(through.writableLength).toBe(stream.writableLength);
});

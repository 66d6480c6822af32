import {PassThrough} from 'node:stream';
import {expect, test} from 'vitest';
import {RowPrinter} from '../../src/terminal/row-printer.ts';

test('each row has one sign of one cell, the same for as long as it is drawn, and an empty row none', () => {
  const printer = new RowPrinter();
  const sign = printer.sign('\u001b[31mone\u001b[39m');
  expect(sign).toMatch(/^[\ue000-\uf8ff]$/);
  expect(printer.sign('\u001b[31mone\u001b[39m')).toBe(sign);
  expect(printer.sign('two')).not.toBe(sign);
  expect(printer.sign('')).toBe('');
});

test('signs become their rows; what is private use in a row itself stays as it is', () => {
  const printer = new RowPrinter();
  const one = printer.sign('a row of \ue000 its own');
  const two = printer.sign('another');
  expect(printer.print(`\u001b[K${one}\n\u001b[K${two}`)).toBe('\u001b[Ka row of \ue000 its own\n\u001b[Kanother');
  expect(printer.print('\uf8ff')).toBe('\uf8ff');
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

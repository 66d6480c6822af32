import {PassThrough} from 'node:stream';
import {setImmediate as turn} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {TerminalInput, type MouseEvent} from '../../src/terminal/input.ts';

function open() {
  const source = new PassThrough();
  const mouse: MouseEvent[] = [];
  let gone = 0;
  let keys = '';
  const input = new TerminalInput(source, {onMouse: (event) => mouse.push(event), onGone: () => gone++});
  input.on('data', (text: string) => (keys += text));
  return {source, mouse, input, keys: () => keys, gone: () => gone};
}

test('mouse reports are taken out, keys around them pass', async () => {
  const t = open();
  t.source.write('a\u001b[<0;5;3Mb\u001b[<0;5;3m\u001b[<65;1;1Mc');
  await turn();
  expect(t.keys()).toBe('abc');
  expect(t.mouse).toEqual([
    {kind: 'down', button: 0, x: 4, y: 2},
    {kind: 'up', button: 0, x: 4, y: 2},
    {kind: 'wheel-down', button: 0, x: 0, y: 0},
  ]);
});

test('a report cut anywhere between two chunks is still one report', async () => {
  const report = '\u001b[<64;120;34M';
  for (let cut = 3; cut < report.length; cut++) {
    const t = open();
    t.source.write(`x${report.slice(0, cut)}`);
    await turn();
    t.source.write(`${report.slice(cut)}y`);
    await turn();
    expect(t.keys(), `cut at ${cut}`).toBe('xy');
    expect(t.mouse).toEqual([{kind: 'wheel-up', button: 0, x: 119, y: 33}]);
  }
});

test('a lone escape is a key and does not wait; focus reports of a program before us are dropped', async () => {
  const t = open();
  t.source.write('\u001b');
  await turn();
  expect(t.keys()).toBe('\u001b');
  t.source.write('\u001b[I\u001b[O\u001b[A');
  await turn();
  expect(t.keys()).toBe('\u001b\u001b[A');
});

test('characters cut between two chunks stay whole', async () => {
  const t = open();
  const bytes = Buffer.from('é日');
  for (const byte of bytes) t.source.write(Buffer.from([byte]));
  await turn();
  expect(t.keys()).toBe('é日');
});

test('end, error and close tell once that the terminal is gone', async () => {
  const t = open();
  t.source.destroy(Object.assign(new Error('read EIO'), {code: 'EIO'}));
  await turn();
  await turn();
  expect(t.gone()).toBe(1);
});

test('a terminal that goes while raw mode is set is gone, not a crash', () => {
  const source = Object.assign(new PassThrough(), {
    setRawMode() {
      throw Object.assign(new Error('setRawMode EIO'), {code: 'EIO'});
    },
  });
  let gone = 0;
  new TerminalInput(source, {onMouse() {}, onGone: () => gone++}).setRawMode(true);
  expect(gone).toBe(1);
});

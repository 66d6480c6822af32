import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import type {InteractivePty} from '../../src/instance/running.ts';
import {TerminalHistory} from '../../src/instance/terminal-history.ts';
import {TerminalPane} from '../../src/instance/terminal-pane.ts';
import {waitsAtPrompt} from '../../src/instance/terminal-prompt.ts';
import {until} from '../support/wait.ts';

test('a history answers from any position it keeps, and from its beginning for others', () => {
  const history = new TerminalHistory(20);
  history.add('one\ntwo\n');
  expect(history.after(undefined)).toEqual({from: 0, data: 'one\ntwo\n'});
  expect(history.after(4)).toEqual({from: 4, data: 'two\n'});
  expect(history.after(8)).toEqual({from: 8, data: ''});
  expect(history.after(9)).toEqual({from: 0, data: 'one\ntwo\n'});
  for (let n = 0; n < 100; n++) history.add(`line ${n}\n`);
  const {from, data} = history.after(undefined);
  expect(data.length).toBeLessThanOrEqual(30);
  // Cut between lines, so that no escape sequence is halved.
  expect(data).toMatch(/^line \d+\n/);
  expect(from + data.length).toBe(history.end);
  expect(history.after(3)).toEqual({from, data});
});

test.each([
  ['(Pdb) ', true],
  ['> app.wsgi(4)application()\r\n-> 1/0\r\n(Pdb) ', true],
  ['text\r\n\u001b[?2004h(Pdb) ', true],
  ['\u0001\u001b[32m\u0002(Pdb++) ', true],
  ['((Pdb)) ', true],
  ['ipdb> ', true],
  ['(gdb) ', true],
  ['(Pdb) p x', false],
  ['(Pdb) \r\n', false],
  ['the word (Pdb) in a line (Pdb) ', false],
  ['', false],
] as const)('%j waits at a prompt: %j', (output, expected) => expect(waitsAtPrompt(output)).toBe(expected));

/** A pty that keeps what is done to it. */
class Pty implements InteractivePty {
  typed = '';
  sizes: string[] = [];
  print: (chunk: Buffer) => void = () => {};
  onOutput(listener: (chunk: Buffer) => void): void {
    this.print = listener;
  }
  write(data: string): void {
    this.typed += data;
  }
  resize(cols: number, rows: number): void {
    this.sizes.push(`${cols}x${rows}`);
  }
}

function pane(resizable = true) {
  const bus = new Bus('test');
  const pty = new Pty();
  const made = new TerminalPane(bus, {cols: 80, rows: 24}, resizable);
  made.attach(pty);
  return {bus, pty, pane: made};
}

test('output becomes events and state; letters that come in two pieces are whole', async () => {
  const {bus, pty, pane: made} = pane();
  const euro = Buffer.from('5 €\n');
  pty.print(euro.subarray(0, 3));
  pty.print(euro.subarray(3));
  await until('the event', () => bus.state().terminal?.end === 4);
  expect(made.window(undefined)).toEqual({from: 0, data: '5 €\n', cols: 80, rows: 24});
  pty.print(Buffer.from([0x41, 0xff, 0x42]));
  expect(made.window(4).data).toBe('A\ufffdB');
});

test('a flood makes small events, and a late client gets its end', async () => {
  const {bus, pty, pane: made} = pane();
  const lengths: number[] = [];
  bus.listen((event) => event.type === 'terminal' && lengths.push(event.data.length));
  const chunk = Buffer.from('x'.repeat(4095) + '\n');
  for (let n = 0; n < 500; n++) pty.print(chunk);
  await until('the events', () => bus.state().terminal?.end === 500 * 4096);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(32 * 1024);
  const {from, data} = made.window(undefined);
  expect(from + data.length).toBe(500 * 4096);
  expect(data.length).toBeLessThanOrEqual(384 * 1024);
});

test('a prompt is a notice until it is answered', async () => {
  const {bus, pty} = pane();
  pty.print(Buffer.from('(Pdb) '));
  await until('the notice', () => bus.state().notices.some((one) => one.key === 'prompt'));
  pty.print(Buffer.from('c\r\n'));
  await until('its end', () => bus.state().notices.length === 0);
});

test('more input than a person types is refused, and none of it arrives', () => {
  const {pty, pane: made} = pane();
  for (let n = 0; n < 8; n++) expect(made.input('y'.repeat(4096)).ok).toBe(true);
  expect(made.input('z')).toMatchObject({ok: false});
  expect(pty.typed).toBe('y'.repeat(8 * 4096));
});

test('a change of size reaches the pty once, also that of the next launch; never where Apache would act on it', () => {
  const {pty, pane: made} = pane();
  made.resize(80, 24);
  made.resize(90, 30);
  made.resize(90, 30);
  expect(pty.sizes).toEqual(['90x30']);
  const next = new Pty();
  made.attach(next);
  expect(next.sizes).toEqual(['90x30']);
  const prefork = pane(false);
  expect(prefork.pane.resize(90, 30)).toMatchObject({ok: false});
  expect(prefork.pty.sizes).toEqual([]);
});

test('when Apache is to end, whoever waits at a prompt is let go, also at the next one', async () => {
  const {pty, pane: made} = pane();
  made.leavePrompt();
  expect(pty.typed).toBe('');
  pty.print(Buffer.from('(Pdb) '));
  await until('the answer', () => pty.typed === '\u0015q\r');
  pty.print(Buffer.from('q\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  pty.print(Buffer.from('(Pdb) '));
  await until('the second answer', () => pty.typed === '\u0015q\r\u0015q\r');
});

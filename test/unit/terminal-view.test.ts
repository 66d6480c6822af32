import {expect, test} from 'vitest';
import {PassThrough} from 'node:stream';
import {TerminalEmulator} from '../../components/store/terminal-emulator.ts';
import {presentTerminal} from '../../components/present/present-terminal.ts';
import type {Snapshot} from '../../components/store/snapshot.ts';
import {initialUi} from '../../components/store/ui-state.ts';
import {glyphs} from '../../src/terminal/glyphs.ts';
import {TerminalInput} from '../../src/terminal/input.ts';
import {paint} from '../../src/terminal/theme.ts';

const COLUMNS = 30;
const ROWS = 6;

async function drawn(output: string, {typing = false, back = 0, colour = true, height = ROWS} = {}) {
  const emulator = new TerminalEmulator(COLUMNS, ROWS);
  await emulator.write(output);
  const ui = {...initialUi(false), view: 'terminal' as const, pane: {typing, back}};
  const s = {ui, glyphs: glyphs(true), fetched: {terminal: {screen: emulator.screen(back), error: null}}} as unknown as Snapshot;
  return presentTerminal(s, {width: COLUMNS, height}).rows.map((row) => paint(row, colour));
}

test('colours and weights are made again, everything else that a program sends stays in its emulator', async () => {
  const [first, second] = await drawn(
    '\u001b[1;31mred\u001b[0m \u001b[48;2;1;2;3mon\u001b[0m \u001b]0;title\u0007\u001b]52;c;AAAA\u0007x\u001b[6n\u001b[c\r\n\u001b[38;5;200mpink',
  );
  expect(first).toBe('\u001b[1;38;5;1mred\u001b[0m \u001b[48;2;1;2;3mon\u001b[0m x');
  expect(second).toBe('\u001b[38;5;200mpink\u001b[0m');
});

test('without colour only weight stays', async () => {
  const [first] = await drawn('\u001b[1;31mred\u001b[0m \u001b[32mgreen\u001b[0m \u001b[7minverse\u001b[0m', {colour: false});
  expect(first).toBe('\u001b[1mred\u001b[0m green \u001b[7minverse\u001b[0m');
});

test('letters that act or hide are marks of the same width', async () => {
  const rows = await drawn('a\u202eb\u200bc 日本 \u0085 \u001b[8mhidden\u001b[0m!');
  expect(rows.join('\n')).not.toMatch(/[\u202e\u200b\u0085]|hidden/);
  expect(rows[0]).toContain('日本');
});

test('the cursor is a cell turned round, while keys go there', async () => {
  expect((await drawn('(Pdb) ', {typing: true}))[0]).toBe('(Pdb) \u001b[7m \u001b[0m');
  expect((await drawn('abc\u001b[2D', {typing: true}))[0]).toBe('a\u001b[7mb\u001b[0mc');
  expect((await drawn('(Pdb) '))[0]).toBe('(Pdb)');
});

test('where the terminal is taller than the view, its end is shown; scrolled back, how far', async () => {
  const output = Array.from({length: 12}, (_, n) => `line ${n}`).join('\r\n');
  expect(await drawn(output, {height: 3})).toEqual(['line 9', 'line 10', 'line 11']);
  const above = await drawn(output, {back: 4});
  expect(above[0]).toBe('line 2');
  expect(above.at(-1)).toContain('4 more lines');
});

test('cursor keys and pastes come as the program has asked for them', async () => {
  const emulator = new TerminalEmulator(20, 5);
  expect(emulator.keys('\u001b[A\u001b[200~x\u001b[201~')).toBe('\u001b[Ax');
  await emulator.write('\u001b[?1h\u001b[?2004h');
  expect(emulator.keys('\u001b[A\u001b[200~x\u001b[201~')).toBe('\u001bOA\u001b[200~x\u001b[201~');
});

test('captured input: every key but ctrl-] goes there, mouse reports do not, and what follows ctrl-] is ours', async () => {
  const source = new PassThrough();
  const mouse: string[] = [];
  const input = new TerminalInput(source, {onMouse: (event) => mouse.push(event.kind), onGone: () => {}});
  const ours: string[] = [];
  input.on('data', (text: string) => ours.push(text));
  const theirs: string[] = [];
  let left = 0;
  input.capture = {send: (keys) => theirs.push(keys), leave: () => left++};
  source.write('q\u0003\u001b[A');
  source.write('\u001b[<0;3;4M');
  source.write('c\r\u001dq');
  source.write('5');
  await expect.poll(() => ours.join('')).toBe('q5');
  expect(theirs.join('')).toBe('q\u0003\u001b[Ac\r');
  expect(mouse).toEqual(['down']);
  expect(left).toBe(1);
  expect(input.capture).toBeNull();
});

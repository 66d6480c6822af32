import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;
const [debian] = columns();

test('control sequences of strangers are marks on the screen and never reach the terminal', async () => {
  const deck = await startDeck({app: DEMO, column: debian!, mode: 'tty', cols: 160, rows: 40});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  let titled = '';
  tty.terminal.onTitleChange((title) => (titled = title));
  const slow = deck.get('/slow?s=3&evil=%1b]0;stolen%07%9b2J').catch(() => null);
  tty.press('2');
  await tty.waitFor(/evil=/);
  await deck.get('/hostile');
  tty.press('4');
  await tty.waitFor(/␛/);
  await slow;
  expect(titled).toBe('');
  // OSC 52 writes the clipboard, OSC 0 the title; U+202E turns text round.
  expect(tty.raw).not.toContain('\u001b]52');
  expect(tty.raw).not.toContain('\u001b]0;stolen');
  expect(tty.raw).not.toContain('\u202e');
  expect(tty.alternate).toBe(true);
  await deck.stop();
});

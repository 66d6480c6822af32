/** The Config view: options by area, the file by section, search in both. */
import {readdirSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {headingAt, headings, sectionOf, SECTION_PURPOSES} from '../../src/model/config-sections.ts';
import {wrapLines} from '../../src/terminal/fit.ts';
import {busyEvents, CONFIG, MemoryDeck} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const ready = () => new MemoryDeck(busyEvents());
const line = (text: string, part: RegExp) => text.split('\n').find((one) => part.test(one)) ?? '';

test('what was given stands first in its area and is marked; the selected one is explained', async () => {
  using screen = view(ready(), {columns: 100, rows: 30});
  screen.press('7');
  const text = await screen.shows(/● +--threads +7/);
  expect(text).toMatch(/options in effect +2 given, 61 as they are by default/);
  expect(line(text, /--limit-0 /)).not.toContain('●');
  expect(text.indexOf('--threads')).toBeLessThan(text.indexOf('--limit-0 '));
  expect(text.indexOf('Network')).toBeLessThan(text.indexOf('HTTPS'));
  screen.press(']', ']');
  await screen.shows(/--threads: Threads of each daemon process/);
  screen.press(KEY.end);
  await screen.shows(/--limit-59: Limit number 59/);
  screen.press('[', '[');
  await screen.shows(/--https-port: Port for HTTPS/);
  expect(screen.deck.asked.filter((one) => one.type === 'config')).toHaveLength(1);
});

test('the file: sections and what they are for, none for a heading that is not known', async () => {
  using screen = view(ready(), {columns: 100, rows: 24});
  screen.press('7', 'o');
  await screen.shows(/line 1 of 53/);
  screen.press(']');
  await screen.shows(/› *4 +# Modules/);
  await screen.shows(/Modules: The parts of Apache/);
  screen.press(']');
  await screen.shows(/› *46 +# Python and the daemon/);
  screen.press(KEY.down, KEY.down);
  await screen.shows(/Python and the daemon processes: What runs the application/);
  await screen.shows(/line 48 of 53/);
  screen.press(']');
  await screen.shows((text) => /line 52 of 53/.test(text) && !/Mine:|application/.test(text));
  screen.press('[', '[', '[');
  await screen.shows(/line 4 of 53/);
});

test('search: while it is typed, next and previous, given up, an expression that is none, dropped', async () => {
  using screen = view(ready(), {columns: 100, rows: 24});
  screen.press('7', 'o');
  await screen.shows(/line 1 of 53/);
  screen.press('/', ...'wsgi');
  await screen.shows(/search wsgi +1 of 4 found/);
  screen.press(KEY.esc);
  await screen.shows((text) => /line 1 of 53/.test(text) && !/search /.test(text.split('\n')[3]!));
  screen.press('/', ...'WSGI', KEY.enter);
  await screen.shows(/search WSGI +1 of 2 found/);
  await screen.shows(/› *47 +WSGIDaemonProcess/);
  screen.press('n');
  await screen.shows(/› *50 +WSGIPassAuthorization/);
  screen.press('n');
  await screen.shows(/› *47 +WSGIDaemonProcess/);
  screen.press('N');
  await screen.shows(/search WSGI +2 of 2 found/);
  screen.press('/', '(');
  await screen.shows(/not a regular expression.*Unterminated/);
  screen.press(KEY.backspace, ...'(a+)+$', KEY.enter);
  await screen.shows(/search \(a\+\)\+\$ +not found/);
  screen.press(KEY.esc);
  await screen.shows((text) => !/search \(/.test(text));
  screen.press('o', '/', ...'daemon process', KEY.enter);
  await screen.shows(/search daemon process +1 of 1 found/);
  await screen.shows(/› *● +--threads/);
});

test('an expression that would run for years is given up', async () => {
  const deck = ready();
  deck.config = {...CONFIG, lines: ['', `${'a'.repeat(60)}!`]};
  using screen = view(deck, {columns: 100, rows: 24});
  screen.press('7', 'o');
  await screen.shows(/line 1 of 2/);
  screen.press('/');
  await screen.shows(/ \/ ▏/);
  screen.press('\u001b[200~(a+)+$\u001b[201~');
  await screen.shows(/the expression takes too long/);
});

test('a line that is cut stands below in full', async () => {
  using screen = view(ready(), {columns: 60, rows: 24});
  screen.press('7', 'o');
  await screen.shows(/line 1 of 53/);
  screen.press(KEY.down, KEY.down, KEY.down, KEY.down);
  const text = await screen.shows(/line 5 of 53/);
  expect(line(text, /› *5 /)).toContain('…');
  expect(text).toMatch(/\n LoadModule part_0_module.*mod_par\n t_0\.so"/);
});

test('the mouse: a click puts the cursor there, a click on the other part opens it', async () => {
  using screen = view(ready(), {columns: 100, rows: 24});
  screen.press('7');
  await screen.shows(/o httpd\.conf/);
  const row = screen.lines().findIndex((one) => one.includes('--limit-3 '));
  screen.press(`\u001b[<0;10;${row + 1}M`);
  await screen.shows(/--limit-3: Limit number 3/);
  const x = screen.lines()[3]!.indexOf('httpd.conf');
  screen.press(`\u001b[<0;${x + 1};4M`);
  await screen.shows(/line 1 of 53/);
});

test('a file that is gone, and a server that does not answer', async () => {
  const deck = ready();
  deck.config = {...CONFIG, lines: [], error: 'ENOENT: no such file'};
  using screen = view(deck);
  screen.press('7', 'o');
  await screen.shows(/it cannot be read: ENOENT/);
  screen.press('o', KEY.down);
  await screen.shows(/--https-port: /);
});

test('headings are comments after a blank line', () => {
  const lines = ['# Top', '', '# One', 'A', '# remark', '', '# Two'];
  expect(headings(lines)).toEqual([2, 6]);
  expect(headingAt(lines, 4)).toBeNull();
  expect([0, 1, 2, 4, 5, 6, 99].map((at) => sectionOf(lines, at))).toEqual([null, null, 'One', 'One', 'One', 'Two', 'Two']);
});

test('every heading that the generator can write is explained in one sentence', () => {
  const folder = new URL('../../src/express/config/', import.meta.url);
  const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const written = new Set(sources.flatMap((text) => [...text.matchAll(/\bsection\(\s*'([^']+)'/g)].map((match) => match[1]!)));
  expect(written.size).toBeGreaterThan(15);
  expect(Object.keys(SECTION_PURPOSES).toSorted()).toEqual([...written].toSorted());
  for (const [heading, purpose] of Object.entries(SECTION_PURPOSES)) {
    expect(purpose, heading).toMatch(/^[A-Z].{20,}\.$/);
    expect(wrapLines(`${heading}: ${purpose}`, 58).length, heading).toBeLessThanOrEqual(2);
  }
});

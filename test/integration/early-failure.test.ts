/** What is on the screen of a server that fails before, or without, its dashboard. */
import {writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';
import {Tty} from '../support/tty.ts';

const OUTLET = resolve(import.meta.dirname, '../fixtures/dashboard/outlet.ts');
const NOISE = 'the dashboard';

/** A configuration that Apache refuses, after having warned in each of so many lines. */
function refusedConfig(warnings: number): string {
  const path = join(tempDir(), 'bad.conf');
  writeFileSync(path, `Alias /same /a\n${'Alias /same /b\n'.repeat(warnings)}NoSuchDirective on\n`);
  return path;
}

test.each(columns())(
  'an Apache that refuses its configuration: the screen has its words and our line, nothing of the dashboard ($name)',
  async (column) => {
    const deck = await startDeck({app: 'options', column, mode: 'tty', probe: null, args: ['--include-file', refusedConfig(0)]});
    expect(await deck.waitExit()).toEqual({code: 1, signal: null});
    await deck.waitGone();
    const screen = await deck.tty.waitFor(/wsgideck: error: /);
    expect(screen).toMatch(/Invalid command 'NoSuchDirective'/);
    expect(deck.output()).not.toContain(NOISE);
    expect(deck.tty.alternate).toBe(false);
  },
);

test('a dashboard that cannot connect is not mentioned when its server ends, and is when the server goes on', async () => {
  const socket = join(tempDir(), 'nobody.sock');
  using ending = new Tty(process.execPath, [OUTLET, socket, 'ends'], {cols: 120});
  await ending.waitExit();
  expect(ending.screen()).toBe('over: ends');
  using going = new Tty(process.execPath, [OUTLET, socket, 'goes-on'], {cols: 120});
  await going.waitExit();
  expect(going.lines().slice(0, 2)).toEqual([
    'wsgideck: the dashboard: no supervisor listens there (not running, or it has just ended)',
    'wsgideck: the dashboard has ended (status 1); the server goes on, Ctrl-C stops it',
  ]);
  expect(going.screen()).toMatch(/over: goes-on$/);
});

/** More than are kept until the log can take them. */
const WARNINGS = 300;
const NOTE = /^\.\.\. (\d+) lines before this left out$/;

test.each(columns())('of start-up output that is too long, the lines that are missing are counted ($name)', async (column) => {
  const args = ['--include-file', refusedConfig(WARNINGS)];
  const deck = await startDeck({app: 'options', column, mode: 'json', probe: null, args});
  expect((await deck.waitExit()).code).toBe(1);
  await deck.waitGone();
  const shown = deck.events().flatMap((event) => (event.type === 'log' && event.entry.source !== 'deck' ? [event.entry] : []));
  // Other logs may have lines already.
  const kept = shown.slice(shown.findIndex(({text}) => NOTE.test(text)));
  const missing = Number(NOTE.exec(kept[0]!.text)?.[1]);
  const warnings = kept.filter(({text}) => text.includes('Alias directive'));
  expect(missing + warnings.length).toBe(WARNINGS);
  expect(shown.at(-1)?.text).toMatch(/NoSuchDirective/);
});

test('and in plain lines', async () => {
  const args = ['--include-file', refusedConfig(WARNINGS)];
  const deck = await startDeck({app: 'options', column: columns()[0]!, mode: 'plain', probe: null, args});
  expect((await deck.waitExit()).code).toBe(1);
  await deck.waitGone();
  expect(deck.output()).toMatch(/^[\d:]{8} \w+ +\.\.\. \d+ lines before this left out$/m);
});

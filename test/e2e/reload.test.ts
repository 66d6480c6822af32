import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

test.each(columns())('an edited module is live, and the screen names the file and the time ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'tty', args: ['--reload-on-changes']});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  const file = join(deck.appDir, 'shop/app.py');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('no such page', 'this page is new'));
  const screen = await tty.waitFor((text) => /shop\/app\.py/.test(text) && /live in\s+[\d.]+ m?s/.test(text));
  expect((await deck.get('/none')).body).toContain('this page is new');
  expect(screen).toMatch(/ready/);

  // A broken save: the server says so, and the next good one is live again.
  writeFileSync(file, `${text}\ndef broken(:\n`);
  await tty.waitFor(/SyntaxError|fail|degraded/i);
  writeFileSync(file, text);
  await tty.waitFor(/ready/, 40_000);
  expect((await deck.get('/none')).body).toContain('no such page');
  await deck.stop();
});

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';
import {saveByRename} from '../support/save.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

test.each(columns())('an edited module is live, and the screen names the file and the time ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'tty', args: ['--reload-on-changes']});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  const file = join(deck.appDir, 'shop/app.py');
  const text = readFileSync(file, 'utf8');
  const page = async () => (await deck.get('/none')).body;
  saveByRename(file, text.replace('no such page', 'this page is new'));
  const screen = await tty.waitFor((shown) => /shop\/app\.py/.test(shown) && /live in\s+[\d.]+ m?s/.test(shown));
  expect(await page()).toContain('this page is new');
  expect(screen).toMatch(/ready/);

  // A broken save: the screen says so, visitors do not notice, and the next good one is live again.
  saveByRename(file, `${text}\ndef broken(:\n`);
  expect(await tty.waitFor(/SyntaxError/)).toMatch(/ready/);
  expect(await page()).toContain('this page is new');
  saveByRename(file, text);
  await until('the corrected code', async () => (await page()).includes('no such page'), 40_000);
  await tty.waitFor(/ready/);
  await deck.stop();
});

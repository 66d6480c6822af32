import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

test.each(columns())('a C call that holds the interpreter is named with its line while it lasts ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'tty'});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  const answer = deck.get('/gil?s=8', {timeout: 60_000});
  // The line of the call in C, not of the function's definition.
  await tty.waitFor((screen) => /fraud\.py:\d+/.test(screen) && /wedged|held/i.test(screen), 7000);
  expect((await answer).status).toBe(200);
  await tty.waitFor(/ready/);
  await deck.stop();
});

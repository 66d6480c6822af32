import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

test.each(columns())('a C call that holds the interpreter is named with its line while it lasts ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'tty'});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  const answer = deck.get('/gil?s=12', {timeout: 60_000});
  // The line of the call in C, not of the function's definition.
  await tty.waitFor((screen) => /fraud\.py:\d+/.test(screen) && /wedged|held/i.test(screen), 11_000);
  expect((await answer).status).toBe(200);
  await tty.waitFor(/ready/);
  await deck.stop();
});

test.each(columns())(
  'a first request that holds the interpreter, before its agent got through, keeps one thread of five busy ($name)',
  async (column) => {
    const deck = await startDeck({app: DEMO, column, mode: 'json', probe: null});
    // Refused until Apache listens.
    const answer = until('an answer', () => deck.get('/gil?s=8', {timeout: 60_000}).catch(() => null), 40_000);
    const {busy, total, pid} = await deck.waitEvent('requests', ({requests}) => requests.some((one) => one.url === '/gil?s=8'));
    expect({busy, total}).toEqual({busy: 1, total: 5});
    expect((await answer).status).toBe(200);
    await deck.waitEvent('requests', (event) => event.pid === pid && event.busy === 0);
    const opened = deck.events().flatMap((event) => (event.type === 'incident' ? [event.incident.kind] : []));
    expect(opened).toContain('wedged');
    expect(opened).not.toContain('saturated');
    await deck.stop();
  },
);

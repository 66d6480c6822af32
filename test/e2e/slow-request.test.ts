import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {KEY} from '../support/tty.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

test.each(columns())(
  'a request that passes its timeout is seen growing, dumped with file and line, and its restart is explained ($name)',
  async (column) => {
    const deck = await startDeck({
      app: DEMO,
      column,
      mode: 'tty',
      args: ['--request-timeout', '4', '--threads', '1', '--shutdown-timeout', '2'],
    });
    const {tty} = deck;
    await tty.waitFor(/ready/);
    const hanging = deck.get('/hang', {timeout: 60_000}).then(
      (reply) => reply.status,
      () => 0,
    );

    tty.press('2');
    const young = age(await tty.waitFor((screen) => age(screen) > 0));
    await tty.waitFor((screen) => age(screen) > young + 1);

    expect(await hanging).not.toBe(200);
    tty.press('3');
    await tty.waitFor(/request.timeout.*\/hang|\/hang.*request.timeout/i);
    tty.press(KEY.enter);
    // The line that waits for the silent bank, in the demo's own code.
    await tty.waitFor(/gateway\.py:\d+/);
    tty.press(KEY.esc);
    tty.press('5');
    await tty.waitFor(/request.timeout/i);
    await deck.stop();
  },
);

/** Seconds of age that the row of the hanging request shows; 0 when it is not shown. */
function age(screen: string): number {
  const row = screen.split('\n').find((line) => line.includes('/hang') && /\d+\.\d s/.test(line));
  return Number(/(\d+\.\d) s/.exec(row ?? '')?.[1] ?? 0);
}

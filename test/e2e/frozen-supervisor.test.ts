import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

test.each([
  [80, /no news for \d+ s/],
  [160, /no news for \d+ s: the supervisor \(pid (\d+)\) does not answer; kill -CONT \1 continues it/],
] as const)('a frozen supervisor is not called ready, and is again when it continues (%i columns)', async (cols, words) => {
  const deck = await startDeck({app: 'slots', column: columns()[0]!, mode: 'tty', cols});
  const {tty} = deck;
  await tty.waitFor(/● ready/);
  process.kill(deck.pid, 'SIGSTOP');
  try {
    const header = (screen: string) => screen.split('\n')[0]!;
    const frozen = await tty.waitFor((screen) => words.test(header(screen)));
    expect(header(frozen)).toMatch(/unknown/);
    expect(header(frozen)).not.toMatch(/ready|up \d/);
    // Apache serves on.
    expect((await deck.get('/')).status).toBe(200);
    tty.press('s');
    await tty.waitFor(/no news for \d+ s: it is carried out when the supervisor answers again/);
    await tty.waitFor((screen) => /unknown/.test(header(screen)) && Number(/no news for (\d+) s/.exec(header(screen))?.[1]) >= 8);
    process.kill(deck.pid, 'SIGCONT');
    await tty.waitFor((screen) => /● ready/.test(header(screen)) && !/no news/.test(screen));
    // What was asked for meanwhile.
    await tty.waitFor(/Stacks 1/);
  } finally {
    process.kill(deck.pid, 'SIGCONT');
  }
  await deck.stop();
});

test('an idle server is not called silent', async () => {
  const deck = await startDeck({app: 'slots', column: columns()[0]!, mode: 'tty'});
  await deck.tty.waitFor(/● ready/);
  // The clock shows no seconds when nothing has happened for ten seconds.
  const screen = await deck.tty.waitFor((text) => / \d\d:\d\d *$/m.test(text.split('\n')[0]!), 60_000);
  expect(screen).toMatch(/● ready/);
  expect(screen).not.toMatch(/no news/);
  await deck.stop();
});

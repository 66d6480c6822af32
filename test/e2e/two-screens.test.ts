import {resolve} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {KEY, Tty} from '../support/tty.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const DEMO = resolve(import.meta.dirname, '../../demo');
const screens: Tty[] = [];

afterAll(() => {
  for (const one of screens) one.dispose();
});

/** The pty names its own TERM, so another one is put in front of the command. */
function attach(serverRoot: string, cols: number, rows: number, ...env: string[]): Tty {
  const tty = new Tty('/usr/bin/env', [...env, process.execPath, PROGRAM, 'attach', serverRoot], {cols, rows});
  screens.push(tty);
  return tty;
}

/** The frame fills its screen: the clock is at the end of the first row, the keys are in the last one. */
const whole = (tty: Tty) => tty.lines().at(-1)!.endsWith('q detach') && / \d\d:\d\d(?::\d\d)?$/.test(tty.lines()[0]!.trimEnd());

describe.each(columns())('on mod_wsgi $name', (column) => {
  test('two screens of one server: each has its size and view, what one does the other sees, one leaves and the other stays', async () => {
    const deck = await startDeck({app: DEMO, column, args: ['--reload-on-changes']});
    const small = attach(deck.serverRoot, 80, 24);
    const large = attach(deck.serverRoot, 200, 60);
    await Promise.all([small.waitFor(/● ready/), large.waitFor(/● ready/)]);
    await small.waitFor(() => whole(small));
    await large.waitFor(() => whole(large));

    small.press('5');
    await small.waitFor(/role +pid +cpu/);
    expect(large.screen()).not.toMatch(/role +pid +cpu/);

    const slow = deck.get('/slow?s=12', {timeout: 60_000}).catch(() => null);
    await large.waitFor(/! waiting .*gateway\.py:\d+ in read_receipt\(\)[^\n]*enter → stack/);
    small.press('1');
    // At 80 columns the sentence needs two rows, and has them.
    await small.waitFor(
      /! waiting .*gateway\.py:\d+[^]*waits for an answer of another server over the network, and\n +nothing says how long it may\./,
    );
    expect(whole(small)).toBe(true);
    await slow;

    small.press('r');
    await small.waitFor(/reload +✓ \d\d:\d\d:\d\d/);
    await large.waitFor(/reload +✓ \d\d:\d\d:\d\d/);
    small.press('q');
    expect((await small.waitExit()).exitCode).toBe(0);
    expect(small.alternate).toBe(false);

    for (const [cols, rows] of [
      [80, 24],
      [200, 60],
      [60, 15],
      [120, 34],
      [80, 24],
    ] as const)
      large.resize(cols, rows);
    await large.waitFor(() => whole(large) && large.lines()[2] === '─'.repeat(80));
    large.press('4');
    await large.waitFor(/following/);
    large.press(KEY.ctrlC);
    expect((await large.waitExit()).exitCode).toBe(0);
    expect((await deck.get('/')).status).toBe(200);
    await deck.stop();
  });
});

test('a terminal that can show no screen is told so, and what works there', async () => {
  const deck = await startDeck({app: DEMO, column: columns()[0]!});
  const dumb = attach(deck.serverRoot, 80, 24, 'TERM=dumb');
  expect((await dumb.waitExit()).exitCode).toBe(1);
  expect(dumb.raw.replaceAll('\r\n', ' ')).toMatch(
    /attach draws a whole screen, which this terminal \(TERM=dumb\) cannot show; wsgideck status/,
  );
  await deck.stop();
});

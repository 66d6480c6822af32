import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;

/** As 4.x and as 6.x write about their own work. */
const CHATTER = / info +\d+ +(?:mod_wsgi \(pid=|.*daemon process)/;

test.each(columns())('the options in effect, and the configuration that was made of them ($name)', async (column) => {
  const deck = await startDeck({app: DEMO, column, mode: 'tty', args: ['--threads', '7']});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  tty.press('7');
  await tty.waitFor(/● +--host +127\.0\.0\.1/);
  tty.press('/');
  await tty.waitFor(/ \/ ▏/);
  tty.press('^--threads');
  const options = await tty.waitFor(/› *● +--threads +7/);
  expect(options).toMatch(/--threads: \S+/);
  tty.press('\r');
  await tty.waitFor(/1 of 1 found/);

  tty.press('o');
  await tty.waitFor(/httpd\.conf +line 1 of \d+/);
  tty.press('/');
  await tty.waitFor(/ \/ ▏/);
  tty.press('WSGIDaemonProcess\r');
  const file = await tty.waitFor(/› *\d+ +WSGIDaemonProcess "/);
  expect(file).toContain('threads=7');
  expect(file).toMatch(/Python and the daemon processes: What runs the application/);

  // What the supervisor has done is in the log, without Apache's own remarks unless they are asked for.
  tty.press('4');
  const log = await tty.waitFor(/deck +\d+ +ready/);
  expect(log).toMatch(/level all but Apache's info/);
  expect(log).not.toMatch(CHATTER);
  tty.press('l');
  await tty.waitFor(CHATTER);
  await deck.stop();
});

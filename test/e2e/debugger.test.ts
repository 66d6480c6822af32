import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {KEY, type Tty} from '../support/tty.ts';

/** ctrl-], the way out of the pane. */
const WAY_OUT = '\u001d';

test.each(columns())(
  'an exception opens pdb in the Terminal view; a value is looked at, and the request gets its answer ($name)',
  async (column) => {
    const deck = await startDeck({app: 'debug', column, mode: 'tty', args: ['--enable-debugger']});
    const {tty} = deck;
    await tty.waitFor(/ready/);
    await tty.waitFor(/8 Terminal/);
    const failing = deck.get('/boom', {timeout: 60_000}).catch(() => ({status: 0}));

    // Whoever looks elsewhere is told where to go.
    await tty.waitFor(/the debugger waits at its prompt/);
    tty.press('8');
    await tty.waitFor(/ZeroDivisionError[^]*\(Pdb\)/);
    tty.press(KEY.enter);
    await tty.waitFor(/ctrl-\] leaves/);
    tty.press('p order["pieces"]\r');
    await tty.waitFor(/^6$/m);
    tty.press('u\r');
    tty.press('p secret\r');
    await tty.waitFor(/'value-of-the-local-variable'/);

    // A resize in the middle of it reaches the pane and harms nobody.
    const apache = deck.processes().find((one) => one.command.includes('apache2'))!.pid;
    tty.resize(90, 26);
    await tty.waitFor((screen) => screen.split('\n').every((line) => line.length <= 90) && screen.includes('ctrl-] leaves'));
    await hasSize(tty, 'columns=90, lines=21');

    // Keys of the dashboard are text here, until the way out is pressed.
    tty.press('p "q23"\r');
    await tty.waitFor(/'q23'/);
    tty.press(WAY_OUT);
    await tty.waitFor((screen) => !screen.includes('ctrl-] leaves'));
    tty.press('4');
    await tty.waitFor(/level/);
    tty.press('8');
    await tty.waitFor(/'q23'/);
    tty.press(KEY.enter);
    await tty.waitFor(/ctrl-\] leaves/);
    tty.press('c\r');
    expect((await failing).status).toBe(500);
    expect((await deck.get('/')).status).toBe(200);
    expect(deck.processes().some((one) => one.pid === apache)).toBe(true);
    expect(await deck.stop()).toEqual({code: 0, signal: null});
  },
);

test('Ctrl-C at the prompt drops what is typed; once nothing waits it ends Apache, and the dashboard with it', async () => {
  const deck = await startDeck({app: 'debug', column: columns()[0]!, mode: 'tty', args: ['--enable-debugger']});
  const {tty} = deck;
  const failing = deck.get('/boom', {timeout: 60_000}).catch(() => ({status: 0}));
  await tty.waitFor(/the debugger waits at its prompt/);
  tty.press(`8${KEY.enter}`);
  await tty.waitFor(/ctrl-\] leaves/);
  tty.press('nonsense');
  await tty.waitFor(/\(Pdb\) nonsense/);
  tty.press(KEY.ctrlC);
  await tty.waitFor((screen) => !screen.includes('nonsense'));
  tty.press('c\r');
  expect((await failing).status).toBe(500);
  // One press is enough: pdb gives the terminal its Ctrl-C back before the answer goes out, and all threads of Apache but the one that waits for it
  // block the signal.
  tty.press(KEY.ctrlC);
  expect(await deck.waitExit()).toEqual({code: 0, signal: null});
  await deck.waitGone();
});

test('what the program prints is drawn as cells, never as it is', async () => {
  const deck = await startDeck({app: 'debug', column: columns()[1]!, mode: 'tty', args: ['--debug-mode']});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  expect((await deck.get('/print')).status).toBe(200);
  tty.press('8');
  await tty.waitFor(/red and plain/);
  const row = tty.lines().findIndex((line) => line.includes('red and plain'));
  const line = tty.terminal.buffer.active.getLine(row)!;
  expect(line.getCell(0)!.getFgColor()).toBe(1);
  expect(line.getCell(6)!.getFgColorMode()).toBe(0);
  expect(tty.raw).not.toContain('title');
  expect(tty.lines().some((one) => one.startsWith('    moved'))).toBe(true);
  await deck.stop();
});

test("without a dashboard the terminal is the debugger's, and Ctrl-C ends the server", async () => {
  const deck = await startDeck({app: 'debug', column: columns()[1]!, mode: 'tty', args: ['--enable-debugger', '--plain']});
  const {tty} = deck;
  const failing = deck.get('/boom', {timeout: 60_000}).then(
    (reply) => reply.status,
    () => 0,
  );
  await tty.waitFor(/\(Pdb\)/);
  tty.press('p order["pieces"]\r');
  await tty.waitFor(/^6$/m);
  tty.resize(70, 20);
  await hasSize(tty, 'columns=70, lines=20');
  tty.press('c\r');
  expect(await failing).toBe(500);
  // No request is being served: Apache, with or without us, may crash when its one process ends in the middle of one.
  tty.press(KEY.ctrlC);
  expect(await deck.waitExit()).toEqual({code: 0, signal: null});
  await deck.waitGone();
});

/** Asks the program at its prompt for its terminal's size until it is the one that is on its way. */
async function hasSize(tty: Tty, size: string): Promise<void> {
  tty.press('import os\r');
  for (let times = 1; !tty.screen().includes(size) && times <= 20; times++) {
    tty.press(`p ${times}, os.get_terminal_size(0)\r`);
    await tty.waitFor((screen) => screen.includes(`(${times}, os.terminal_size(`));
  }
  await tty.waitFor((screen) => screen.includes(size));
}

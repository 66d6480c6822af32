import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const STOPPED = /daemon process (\d+) is stopped by (?:SIGSTOP|a signal); kill -CONT \1 continues it/;

test.each(columns())(
  'a request of a stopped process: its view says so, nothing counts down, and a stop still names it ($name)',
  async (column) => {
    // The supervisor itself reads the stacks of a stopped process where it finds one of these programs; here it is not to.
    const deck = await startDeck({
      app: 'slots',
      column,
      mode: 'tty',
      args: ['--threads', '2'],
      cols: 150,
      env: {PATH: '/usr/sbin:/usr/bin:/sbin:/bin'},
    });
    const {tty} = deck;
    await tty.waitFor(/● ready/);
    const pid = Number((await deck.get('/')).body.split(' ')[1]);
    // One after the other: the oldest is the first row.
    tty.press('2');
    const answers: Promise<unknown>[] = [];
    for (const path of ['/?sleep=60', '/?sleep=61']) {
      answers.push(deck.get(path, {timeout: 90_000}).catch(() => null));
      await tty.waitFor(new RegExp(`${answers.length} active on 1 process`));
    }
    tty.press('\r');
    // Opened before the stop: the frames stay, as what was last seen.
    await tty.waitFor(
      (screen) => /app\.wsgi/.test(screen) && /← now|now$/m.test(screen) && /gives up|ends its process|process ends/.test(screen),
    );
    process.kill(pid, 'SIGSTOP');
    const open = await tty.waitFor((screen) => (screen.match(new RegExp(STOPPED, 'g')) ?? []).length > 0 && /last seen/.test(screen));
    expect(open).toMatch(/no time limit runs until it continues/);
    expect(open).not.toMatch(/gives up|ends its process|← now/);
    tty.press('\u001b');
    const list = await tty.waitFor(/2 active on 1 process/);
    expect(list.split('\n').filter((line) => /GET .*sleep=6/.test(line) && /stopped *$/.test(line.trimEnd()))).toHaveLength(2);
    // Opened after it.
    tty.press('\u001b[B');
    tty.press('\r');
    const late = await tty.waitFor(
      (screen) =>
        /sleep=61/.test(screen) && /the process is stopped: its stack cannot be asked for; last seen at app\.wsgi:\d+/.test(screen),
    );
    expect(late).not.toMatch(/runs no Python code/);
    tty.press('q');
    tty.press('y');
    await tty.waitFor((screen) => /waits for 2 requests/.test(screen) && STOPPED.test(screen));
    process.kill(pid, 'SIGCONT');
    await tty.waitFor((screen) => /stopping/.test(screen) && !STOPPED.test(screen));
    await deck.stop();
    await Promise.all(answers);
  },
);

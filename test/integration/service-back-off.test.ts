import {existsSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {CALLERS, SetUp} from '../fixtures/setup/server-root.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const FOLDER = resolve(import.meta.dirname, '../fixtures/debug');
const PAUSE = /^wsgideck: service broken has ended (\d+) times in a row within 10 s of its start; next try in (\d+) s$/;

/** Every pause that was announced, with its time, and every failure. */
function story(deck: RunningDeck) {
  const entries = deck.events().flatMap((event) => (event.type === 'log' ? [event.entry] : []));
  const pauses = entries.flatMap(({text, at, pid}) => {
    const [, times, seconds] = PAUSE.exec(text) ?? [];
    return times === undefined ? [] : [{at, pid, times: Number(times), seconds: Number(seconds)}];
  });
  const failures = entries.filter(({source, text}) => source === 'app' && text.includes('ValueError: the queue is not there'));
  return {pauses, failures};
}

test.concurrent.each(columns())(
  'a service that fails is held back longer each time; SIGTERM and a saved script end the wait ($name)',
  async (column) => {
    const args = ['--service-script', 'broken', 'failing.py', '--service-script', 'worker', 'steady.py'];
    const deck = await startDeck({app: FOLDER, column, mode: 'json', args});
    await until('the third pause', () => story(deck).pauses.length >= 3, 40_000);
    const {pauses, failures} = story(deck);
    expect(pauses.slice(0, 3)).toMatchObject([
      {times: 3, seconds: 1},
      {times: 4, seconds: 2},
      {times: 5, seconds: 4},
    ]);
    // The process that waits is the one that tries next, not before its time.
    for (const {pid, at, seconds} of pauses.slice(0, 2)) {
      const next = failures.find((one) => one.pid === pid);
      expect(next?.at).toBeGreaterThanOrEqual(at + seconds * 1000);
    }
    await deck.waitEvent('notice', ({key, text}) => key === 'loop service broken' && text.includes('next try in 4 s'));

    // Told to go while it waits: its successor starts at the beginning.
    process.kill(pauses[2]!.pid!, 'SIGTERM');
    const successor = await until('a try without a pause', () => {
      const {failures: all} = story(deck);
      return all.find((one) => one.at > pauses[2]!.at);
    });
    expect(successor.pid).not.toBe(pauses[2]!.pid);

    // Saved while it waits: the same process tries it.
    await until('a long pause again', () => story(deck).pauses.some(({at, seconds}) => at > successor.at && seconds === 4), 30_000);
    writeFileSync(join(deck.appDir, 'failing.py'), `print('cured as', __name__, __file__, flush=True)\nimport time\ntime.sleep(1000)\n`);
    const cured = await deck.waitEvent('log', ({entry}) => entry.text.startsWith('cured as'));
    expect(cured.entry.pid).toBe(story(deck).pauses.at(-1)!.pid);
    expect(cured.entry.text).toMatch(/^cured as _mod_wsgi_[0-9a-f]{32} .*\/failing\.py$/);

    // The good one has been one process all along.
    const workers = deck
      .events()
      .flatMap((event) => (event.type === 'processes' ? event.rows.filter(({label}) => label === 'worker') : []));
    expect(new Set(workers.map(({pid}) => pid)).size).toBe(1);
    await deck.stop();
  },
);

test.concurrent.each(columns())(
  'a server stops at once while a service waits; one that crashes without a word waits too ($name)',
  async (column) => {
    const deck = await startDeck({
      app: FOLDER,
      column,
      mode: 'json',
      args: ['--service-script', 'broken', 'steady.py', '--shutdown-timeout', '5'],
    });
    // Nothing of a script gets to run after this.
    const script = join(deck.appDir, 'steady.py');
    writeFileSync(script, `import os\nos._exit(3)\n`);
    const {rows} = await deck.waitEvent('processes', (event) => event.rows.some((row) => row.label === 'broken'));
    process.kill(rows.find((row) => row.label === 'broken')!.pid, 'SIGTERM');
    // Long enough to be stopped in, also where the line of its beginning is read late.
    await until('a pause of 8 s', () => story(deck).pauses.some(({seconds}) => seconds === 8), 60_000);
    const began = Date.now();
    await deck.stop();
    // One that heard no signal would be given its shutdown timeout.
    expect(Date.now() - began).toBeLessThan(5000);
    expect(existsSync(join(deck.serverRoot, 'wsgideck/run/service.broken'))).toBe(false);
  },
);

const callers = columns().flatMap((column) => CALLERS.map((caller) => [column.name, caller.name, column, caller] as const));

test.concurrent.each(callers)(
  'apachectl, without a supervisor, holds a failing service back too (%s, %s)',
  async (_version, _name, column, caller) => {
    const server = await SetUp.make(column, caller);
    const script = join(dirname(server.script), 'failing.py');
    writeFileSync(script, `raise ValueError('the queue is not there')\n`);
    server.setUp('--service-script', 'broken', script);
    expect(server.apachectl('start').status).toBe(0);
    await until(
      'a pause of 2 s',
      () => server.read('error_log').includes('has ended 4 times in a row within 10 s of its start; next try in 2 s'),
      20_000,
    );
    expect(server.apachectl('stop').status).toBe(0);
    await until('the last process to go', () => server.processes().length === 0, 4000);
  },
);

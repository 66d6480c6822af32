import {spawn, spawnSync} from 'node:child_process';
import {existsSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {DeckEvent} from '../../src/model/events.ts';
import {command} from '../support/command.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');

function wsgideck(...args: string[]): {status: number | null; stdout: string; stderr: string} {
  return spawnSync(process.execPath, [BUNDLE, ...args], {encoding: 'utf8', timeout: 30_000, maxBuffer: 64 * 1024 * 1024});
}

function eventsOf(...args: string[]): DeckEvent[] {
  const {status, stdout, stderr} = wsgideck('replay', ...args, '--json');
  expect({status, stderr}).toEqual({status: 0, stderr: ''});
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DeckEvent);
}

const lines = (events: DeckEvent[]) => events.filter((one) => one.type === 'log').map((one) => one.entry.text);

/** Requests until one of them is seen in the server's own log, so that the recorder has had it too. */
async function ask(deck: RunningDeck, path: string): Promise<void> {
  await deck.get(path);
  await until(`${path} in the log`, () => deck.output().includes(path), 30_000);
}

const APP = {app: 'options', args: ['--log-to-terminal', '--access-log']};

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  test('a supervisor that is killed leaves its recording up to the last second; the next start keeps it and adds to it', async () => {
    const deck = await startDeck({...APP, column});
    await ask(deck, '/about?run=first');
    // What has happened is on the disk a second later: the recording of a live server can be read.
    await until('the request in the recording', () =>
      lines(eventsOf('--server-root', deck.serverRoot)).some((text) => text.includes('run=first')),
    );
    deck.signal('SIGKILL');
    await deck.waitGone(40_000);
    const first = eventsOf('--server-root', deck.serverRoot);
    expect(lines(first).some((text) => text.includes('run=first'))).toBe(true);
    const file = join(tempDir(), 'dead.wdr');
    const made = wsgideck('record', file, deck.serverRoot);
    expect(made).toMatchObject({status: 0, stderr: expect.stringMatching(/its supervisor is gone[^]*play it with/)});
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(eventsOf(file)).toEqual(first);

    const again = await startDeck({...APP, column, args: [...APP.args, '--server-root', deck.serverRoot]});
    await ask(again, '/about?run=second');
    await again.stop();
    const both = eventsOf('--server-root', deck.serverRoot);
    expect(both.slice(0, first.length)).toEqual(first);
    expect(lines(both).some((text) => text.includes('run=second'))).toBe(true);
    expect(both.findLast((one) => one.type === 'phase')).toMatchObject({phase: 'stopped'});
  });

  test('record takes what there is and what comes, until ctrl-c; never over another file', async () => {
    const deck = await startDeck({...APP, column});
    await ask(deck, '/about?before');
    const folder = tempDir();
    const [whole, last] = [join(folder, 'whole.wdr'), join(folder, 'last.wdr')];
    expect(wsgideck('record', last, deck.serverRoot, '--last')).toMatchObject({status: 0});

    const child = spawn(process.execPath, [BUNDLE, 'record', whole, deck.serverRoot], {stdio: ['ignore', 'ignore', 'pipe']});
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
    await until('it to record', () => said.includes('ctrl-c ends it'));
    await ask(deck, '/about?meanwhile');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(said).toMatch(/whole\.wdr: 0 min \d\d s, \d+ KiB; play it with: wsgideck replay/);
    expect(lines(eventsOf(whole)).filter((text) => /before|meanwhile/.test(text)).length).toBeGreaterThanOrEqual(2);
    expect(lines(eventsOf(last)).some((text) => text.includes('meanwhile'))).toBe(false);

    const size = statSync(last).size;
    expect(wsgideck('record', last, deck.serverRoot, '--last')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/last\.wdr: exists already; --force replaces it/),
    });
    expect(statSync(last).size).toBe(size);
    expect(wsgideck('record', last, deck.serverRoot, '--for', '0.5', '--force')).toMatchObject({status: 0});
    expect(lines(eventsOf(last)).some((text) => text.includes('meanwhile'))).toBe(true);
    await deck.stop();
    // Everything in it made sense to the reader.
    expect(wsgideck('replay', '--server-root', deck.serverRoot, '--json').stderr).toBe('');
  });
});

test('a server alone is no FILE: record says that one is missing, and writes nothing', async () => {
  const deck = await startDeck({...APP, column: columns()[0]!});
  await until('it to be ready', () => deck.output().includes('ready'), 40_000);
  const cwd = tempDir();
  for (const word of [String(deck.port), String(deck.pid), deck.serverRoot, 'options']) {
    const {status, stdout, stderr} = await command(['record', word, '--last', '--force'], {cwd});
    expect({status, stdout}).toEqual({status: 2, stdout: ''});
    expect(stderr).toMatch(
      /^wsgideck: error: record: "[^"]+" is a server, and the FILE to write is missing; as in: wsgideck record FILE [^\n]+\n$/,
    );
    expect(readdirSync(cwd)).toEqual([]);
  }
  // A path is a file's name, and so is what names no server.
  for (const file of [`./${deck.port}`, 'none.wdr']) {
    expect(await command(['record', file, deck.serverRoot, '--last'], {cwd})).toMatchObject({status: 0});
  }
  expect(readdirSync(cwd).toSorted()).toEqual([String(deck.port), 'none.wdr']);
  await deck.stop();
});

test('without a recorder there is no recording, and record says so', async () => {
  const [column] = columns();
  const deck = await startDeck({app: 'options', column: column!, args: ['--flight-recorder-size', '0']});
  await until('it to be ready', () => deck.output().includes('ready'), 40_000);
  const file = join(tempDir(), 'none.wdr');
  expect(wsgideck('record', file, deck.serverRoot)).toMatchObject({status: 1, stderr: expect.stringMatching(/nothing is recorded there/)});
  expect(existsSync(file)).toBe(false);
  await deck.stop();
  expect(readdirSync(join(deck.serverRoot, 'wsgideck'))).not.toContain('recording');
  expect(wsgideck('replay', '--server-root', deck.serverRoot, '--json')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/nothing has been recorded/),
  });
});

test.each([
  [['record'], 2, /which file/],
  [['record', 'a', 'b', 'c'], 2, /which file/],
  [['record', 'a', '--for', 'x'], 2, /--for takes a number/],
  [['record', 'a', '--for', '1', '--last'], 2, /do not go together/],
  [['record', 'FOLDER/none/a.wdr', 'FOLDER'], 1, /no server runs there/],
  [['replay'], 2, /what is to be played/],
  [['replay', 'a', '--server-root', 'b'], 2, /what is to be played/],
  [['replay', 'a', '--speed', '1000'], 2, /--speed takes a number from 0.25 to 60/],
  [['replay', 'a'], 1, /needs a terminal/],
  [['replay', 'FOLDER/none', '--json'], 1, /there is no such file/],
  [['replay', 'FOLDER/text', '--json'], 1, /is no recording of wsgideck/],
  [['replay', '--server-root', 'FOLDER/none', '--json'], 1, /there is no such server root/],
])('wsgideck %j ends with status %i and one line', (args, status, line) => {
  const folder = tempDir();
  writeFileSync(join(folder, 'text'), 'some text\n');
  const run = wsgideck(...args.map((word) => word.replace('FOLDER', folder)));
  expect(run).toMatchObject({status, stdout: '', stderr: expect.stringMatching(line)});
  expect(run.stderr.trim().split('\n')).toHaveLength(1);
});

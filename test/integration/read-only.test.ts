import {execFile} from 'node:child_process';
import {readFileSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {beforeAll, describe, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import type {Command} from '../../src/model/commands.ts';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {KEY, Tty} from '../support/tty.ts';
import {until} from '../support/wait.ts';

const run = promisify(execFile);
const column = columns()[0]!;
const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const AS = new URL('../fixtures/instances/survey-as.ts', import.meta.url).pathname;
const asRoot = process.getuid?.() === 0;
const group = (): string => {
  const gid = asRoot ? '33' : String(process.getgid?.());
  return readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((line) => line.split(':')[2] === gid)!
    .split(':')[0]!;
};
const gidOf = (name: string): string =>
  readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))!
    .split(':')[2]!;

/** Everything that acts. */
const ACTING: Command[] = [
  {type: 'stop', now: true},
  {type: 'restart', graceful: true},
  {type: 'reload'},
  {type: 'signal', pid: 1, signal: 'SIGTERM'},
  {type: 'recycle', pid: 1},
  {type: 'interrupt', requestId: 'x'},
  {type: 'file-incident'},
  {type: 'export-incident', id: 'x', format: 'json'},
  {type: 'input', data: 'x'},
];

const control = (deck: RunningDeck): string => join(deck.serverRoot, 'wsgideck/control.sock');
const ready = (deck: RunningDeck) => until('ready', () => /deck +ready/.test(deck.output()));

describe('on a server that takes commands', () => {
  let deck: RunningDeck;

  beforeAll(async () => {
    deck = await startDeck({app: 'options', column, args: ['--view-group', group()]});
    await ready(deck);
  });

  const unharmed = async () => {
    const state = JSON.parse((await command(['status', String(deck.port), '--json'])).stdout) as {
      lifecycle: {phase: string};
      reloads: unknown[];
    };
    expect(state).toMatchObject({lifecycle: {phase: 'ready'}, reloads: []});
  };

  test('a connection that wants only to look cannot act', async () => {
    const client = await connectDeck(control(deck), {client: 'test', readOnly: true});
    expect(client.readOnly).toBe(true);
    for (const one of ACTING)
      expect(await client.send(one), one.type).toMatchObject({ok: false, text: expect.stringContaining('read-only')});
    expect(await client.send({type: 'cadence', ms: 500})).toMatchObject({ok: true});
    // The same user may look at everything.
    expect((await client.ask({type: 'config'})).lines.length).toBeGreaterThan(20);
    client.end();
    await unharmed();
  });

  test('attach --read-only says so and refuses keys that act', async () => {
    using tty = new Tty(process.execPath, [BUNDLE, 'attach', String(deck.port), '--read-only'], {cols: 110, rows: 30});
    await tty.waitFor(/Overview/);
    await tty.waitFor(/read-only/);
    tty.press('r');
    await tty.waitFor(/only look|read-only/);
    tty.press(KEY.ctrlC);
    expect(await tty.waitExit()).toMatchObject({exitCode: 0});
    await unharmed();
  });

  test('the view group has a socket of its own, which shows less and takes nothing', async () => {
    const path = join(deck.serverRoot, 'wsgideck/view.sock');
    const {mode, gid} = statSync(path);
    expect([mode & 0o777, String(gid)]).toEqual([0o660, gidOf(group())]);
    expect(statSync(control(deck)).mode & 0o777).toBe(0o600);
    // Wanting more does not give it.
    const client = await connectDeck(path, {client: 'test', readOnly: false});
    expect(client.readOnly).toBe(true);
    for (const one of ACTING)
      expect(await client.send(one), one.type).toMatchObject({ok: false, text: expect.stringContaining('may only look')});
    expect((await client.ask({type: 'log', filter: {}, limit: 5})).entries.length).toBeGreaterThan(0);
    const config = await client.ask({type: 'config'});
    expect(config.lines).toEqual([]);
    expect(config.error).toContain('view group');
    await expect(client.ask({type: 'source', file: '/etc/passwd', line: 1, context: 1})).rejects.toThrow('view group');
    await expect(client.ask({type: 'terminal'})).rejects.toThrow('view group');
    client.end();
    await unharmed();
  });

  test('who may only read is led to that socket, and who is not in the group is not', async () => {
    type Seen = {access: string; readOnly?: boolean; text?: string; refused?: string};
    const as = async (uid: string, gid: string) => JSON.parse((await run(process.execPath, [AS, uid, gid, path])).stdout) as Seen;
    const NOBODY = '65534';
    // Only root can play the part of others.
    const path = control(deck);
    const seen = asRoot ? [await as(NOBODY, gidOf(group())), await as(NOBODY, NOBODY)] : [];
    expect(
      seen.map(({access, readOnly, text, refused}) => [access, readOnly, text?.includes('may only look'), refused?.split(':')[0]]),
    ).toEqual(
      asRoot
        ? [
            ['look', true, true, undefined],
            ['none', undefined, undefined, 'not permitted'],
          ]
        : [],
    );
    await unharmed();
  });

  test('its socket goes with the server', async () => {
    await deck.stop();
    expect(statSync(join(deck.serverRoot, 'wsgideck/view.sock'), {throwIfNoEntry: false})).toBeUndefined();
  });
});

test('a server started with --read-only takes commands from nobody; signals work', async () => {
  const deck = await startDeck({app: 'options', column, args: ['--read-only']});
  await ready(deck);
  for (const words of [['reload'], ['restart'], ['stop'], ['stop', '--now']]) {
    const done = await command([...words, String(deck.port)]);
    expect(done).toMatchObject({status: 1, stdout: ''});
    expect(done.stderr).toBe(
      `wsgideck: error: options: this server was started with --read-only: ${words[0]} is not possible from here; signals to its supervisor (pid ${deck.pid}) still work\n`,
    );
  }
  const client = await connectDeck(control(deck), {client: 'test'});
  expect(client.readOnly).toBe(true);
  for (const one of ACTING) expect(await client.send(one), one.type).toMatchObject({ok: false});
  client.end();
  expect((await command(['status', String(deck.port)])).stdout).toMatch(/^options {2}ready[^]*, read-only$/m);
  expect(await deck.stop()).toEqual({code: 0, signal: null});
});

test('a group that does not exist is refused', async () => {
  const deck = await startDeck({app: 'options', column, probe: null, args: ['--view-group', 'no-such-group']});
  expect(await deck.waitExit()).toEqual({code: 1, signal: null});
  expect(deck.output()).toBe(
    'wsgideck: error: unknown group: there is no group "no-such-group" on this system; give another --view-group\n',
  );
});

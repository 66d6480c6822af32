import {spawnSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';
import {KEY, Tty} from '../support/tty.ts';
import {sleep} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const DEMO = new URL('../../demo', import.meta.url).pathname;
const SIZE = {cols: 140, rows: 50};

/** What is looked at, as keys from the Overview. */
const LOOKS: Record<string, string[]> = {
  Overview: [],
  Requests: ['2'],
  Stacks: ['3'],
  'the newest stacks': ['3', KEY.enter],
  Logs: ['4'],
  Processes: ['5'],
  Incidents: ['6'],
  'the newest incident': ['6', KEY.enter],
  Config: ['7'],
};

/** How long before it was read a screen may have been drawn on a busy machine, in milliseconds. */
const LONGEST = 5000;
/** Milliseconds for a replay to draw: at first as much as it usually takes. */
const PATIENCE = [500, 4000];

interface Look {
  what: string;
  keys: string[];
  at: number;
  screen: string;
}

/**
 * A screen without what belongs to the clock and to the replay: time of day at the top, bar and keys at the bottom, ages; and without the
 * count of incidents that nobody has opened yet on that screen.
 */
function evidence(screen: string): string[] {
  const lines = screen.split('\n');
  return lines
    .map((line, row) => (row === 0 ? line.replace(/\d\d:\d\d:\d\d/, '').replace(/ {2}recording {2}/, '  ') : line))
    .filter((line, row) => /[^\s─]/.test(line) && !/^ recording \d\d:\d\d:\d\d/.test(line) && row < lines.length - 1)
    .map((line) =>
      line
        .replace(/6 Incidents \d+!?/, '6 Incidents')
        .replace(/\b\d+(\.\d+)? (s|min)\b/g, '# s')
        .replace(/\s+/g, ' ')
        .trim(),
    );
}

const clockOf = (screen: string) => /\d\d:\d\d:\d\d/.exec(screen.split('\n')[0] ?? '')?.[0];

/** The screen just after a full second: then it has been drawn with all that is known, figures too. */
async function freshScreen(tty: Tty): Promise<{screen: string; at: number}> {
  const before = clockOf(tty.screen());
  const screen = await tty.waitFor((one) => clockOf(one) !== undefined && clockOf(one) !== before);
  return {screen, at: Date.now()};
}

async function go(tty: Tty, keys: string[]): Promise<void> {
  tty.press(KEY.esc);
  await sleep(300);
  for (const key of ['1', ...keys]) {
    tty.press(key);
    await sleep(300);
  }
}

interface Replay {
  tty: Tty;
  /** Where its socket is. */
  folder: string;
  /** A second client of it. */
  deck: Awaited<ReturnType<typeof connectDeck>>;
  seek(at: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Of replays; the engine keeps compiled code beside them. */
const foldersIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('wsgideck-replay-'));

async function replay(...args: string[]): Promise<Replay> {
  const folder = tempDir();
  const tty = new Tty(process.execPath, [BUNDLE, 'replay', ...args], {...SIZE, env: {TMPDIR: folder}});
  await tty.waitFor(/recording \d\d:\d\d:\d\d/);
  const deck = await connectDeck(join(folder, foldersIn(folder)[0] ?? '', 'control.sock'), {client: 'test'});
  return {
    tty,
    folder,
    deck,
    async seek(at) {
      expect(await deck.send({type: 'replay', action: 'seek', value: at})).toMatchObject({ok: true});
    },
    async [Symbol.asyncDispose]() {
      deck.end();
      tty.dispose();
    },
  };
}

test.each(columns())('the replay of an incident shows the same screens as live ($name)', {timeout: 300_000}, async (column) => {
  const args = ['--request-timeout', '3', '--threads', '1', '--shutdown-timeout', '2'];
  const deck = await startDeck({app: DEMO, column, mode: 'tty', args, ...SIZE});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  await deck.get('/').catch(() => {});
  await deck.get('/hang', {timeout: 60_000}).catch(() => {});
  await go(tty, ['6']);
  await tty.waitFor(/request.timeout.*\/hang|\/hang.*request.timeout/i, 40_000);
  // A screen shows what is known after some event: between two events of one second, too.
  const events: number[] = [];
  const other = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {
    client: 'test',
    readOnly: true,
    onEvent: ({at}) => events.push(at),
  });
  const looks: Look[] = [];
  for (const [what, keys] of Object.entries(LOOKS)) {
    await go(tty, keys);
    await freshScreen(tty);
    looks.push({what, keys, ...(await freshScreen(tty))});
  }
  await sleep(1200);
  other.end();
  await deck.stop();

  await using player = await replay('--server-root', deck.serverRoot, '--paused');
  for (const {what, keys, at, screen} of looks) {
    const live = evidence(screen);
    let nearest: string[] = [];
    await go(player.tty, keys);
    const moments = [...new Set([at, ...events.filter((one) => one <= at && one > at - LONGEST)])].toSorted((a, b) => b - a);
    for (const [patience, moment] of PATIENCE.flatMap((patience) => moments.map((one) => [patience, one] as const))) {
      await player.seek(moment);
      await player.tty.waitFor((one) => differing(evidence(one), live) === 0, patience).catch(() => {});
      const shown = evidence(player.tty.screen());
      if (nearest.length === 0 || differing(shown, live) < differing(nearest, live)) nearest = shown;
      if (differing(nearest, live) === 0) break;
    }
    expect(nearest, what).toEqual(live);
  }
});

test('pause, speed and jumps work by keys, and nothing of a recording can be acted on', {timeout: 60_000}, async () => {
  const [column] = columns();
  const deck = await startDeck({
    app: DEMO,
    column: column!,
    mode: 'tty',
    args: ['--request-timeout', '2', '--shutdown-timeout', '1'],
    ...SIZE,
  });
  await deck.tty.waitFor(/ready/);
  await sleep(2000);
  await deck.get('/hang', {timeout: 60_000}).catch(() => {});
  await go(deck.tty, ['6']);
  await deck.tty.waitFor(/\/hang/, 40_000);
  await sleep(1500);
  await deck.stop();

  const file = join(tempDir(), 'night.wdr');
  expect(spawnSync(process.execPath, [BUNDLE, 'record', file, deck.serverRoot]).status).toBe(0);
  await using player = await replay(file);
  const {tty} = player;
  await tty.waitFor(/recording .*playing +1×/);
  tty.press('+');
  await tty.waitFor(/playing +2×/);
  tty.press(' ');
  await tty.waitFor(/paused +2×/);
  const at = barClock(tty.screen());
  await sleep(1500);
  expect(barClock(tty.screen())).toBe(at);
  tty.press('n');
  await tty.waitFor((screen) => barClock(screen) !== at && /6 Incidents [1-9]/.test(screen));
  tty.press('6');
  await tty.waitFor(/\/hang/);
  tty.press(KEY.left);
  await tty.waitFor(/no incidents until this moment of the recording/);
  tty.press(' ');
  tty.press('+');
  tty.press('+');
  // Its server has stopped at the end: the screen stays.
  await tty.waitFor(/recording .*at its end/, 30_000);
  const refused = await player.deck.send({type: 'stop', now: true});
  expect(refused).toMatchObject({ok: false, text: expect.stringMatching(/this is a recording/)});
  tty.press('q');
  expect(await tty.waitExit()).toMatchObject({exitCode: 0});
  expect(foldersIn(player.folder)).toEqual([]);
});

const barClock = (screen: string) => /recording (\d\d:\d\d:\d\d)/.exec(screen.split('\n').slice(2).join('\n'))?.[1];

/** Number of lines that are not the same. */
function differing(a: string[], b: string[]): number {
  return Array.from({length: Math.max(a.length, b.length)}, (_, row) => row).filter((row) => a[row] !== b[row]).length;
}

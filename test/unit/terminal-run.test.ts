/** The dashboard as a process on a real pty: how it leaves, crashes, and lives with a terminal that stalls or goes away. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import xterm from '@xterm/headless';
import * as esbuild from 'esbuild';
import {spawn, type IPty} from 'node-pty';
import {afterAll, beforeAll, expect, test} from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'wsgideck-terminal-'));
const program = join(folder, 'program.mjs');
const root = join(import.meta.dirname, '../..');
const started: IPty[] = [];

beforeAll(async () => {
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['test/unit/terminal-program.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"', 'process.env["DEV"]': '"false"'},
    alias: {'react-devtools-core': join(root, 'tools/react-devtools-stub.mjs')},
    banner: {js: "import {createRequire as __c} from 'node:module'; const require = __c(import.meta.url);"},
    logLevel: 'silent',
  });
});

afterAll(() => {
  for (const one of started) {
    try {
      process.kill(one.pid, 'SIGKILL');
    } catch {
      // It has ended, as it should have.
    }
  }
  rmSync(folder, {recursive: true, force: true});
});

function run(mode = '', env: Record<string, string> = {}) {
  const beatFile = join(folder, `beat-${started.length}`);
  const term = new xterm.Terminal({cols: 100, rows: 30, allowProposedApi: true});
  const child = spawn(process.execPath, [program], {
    cols: 100,
    rows: 30,
    name: 'xterm-256color',
    env: {...process.env, LANG: 'C.UTF-8', BEAT: beatFile, MODE: mode, ...env},
  });
  started.push(child);
  let raw = '';
  let status: {exitCode: number; signal?: number} | null = null;
  child.onData((data) => {
    raw += data;
    term.write(data);
  });
  child.onExit((exit) => (status = exit));
  const text = () => Array.from({length: 30}, (_, y) => term.buffer.active.getLine(y)?.translateToString(true) ?? '').join('\n');
  const until = async (what: string, test: () => boolean) => {
    const end = Date.now() + 30_000;
    while (!test()) {
      if (Date.now() > end) throw new Error(`never: ${what}\n${text()}`);
      await sleep(20);
    }
  };
  return {
    child,
    term,
    until,
    text,
    raw: () => raw,
    status: () => status,
    beat: () => {
      try {
        return Number(readFileSync(beatFile, 'utf8'));
      } catch {
        return 0;
      }
    },
    shows: (pattern: RegExp) => until(String(pattern), () => pattern.test(text())),
    ended: async () => {
      await until('the end', () => status !== null);
      await new Promise<void>((resolve) => term.write('', resolve));
      return status!;
    },
  };
}

/** The terminal is as it was: primary screen, cursor, no mouse, no bracketed paste. */
function expectRestored(t: ReturnType<typeof run>) {
  expect(t.term.buffer.active.type).toBe('normal');
  expect(t.term.modes.mouseTrackingMode).toBe('none');
  expect(t.term.modes.bracketedPasteMode).toBe(false);
  const raw = t.raw();
  expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
}

test('q leaves: status 0, the terminal as it was', async () => {
  const t = run();
  await t.shows(/q detach/);
  expect(t.term.buffer.active.type).toBe('alternate');
  t.child.write('q');
  expect((await t.ended()).exitCode).toBe(0);
  expectRestored(t);
});

test.each([
  ['render', /wsgideck: the dashboard failed: /],
  ['throw', /wsgideck: the dashboard failed: a timer threw/],
])('a crash in %s: one line, status 70, the terminal as it was', async (mode, line) => {
  const t = run(mode);
  expect((await t.ended()).exitCode).toBe(70);
  expect(t.text()).toMatch(line);
  expectRestored(t);
});

test('enter on a line of code lends the terminal to the editor and takes it back; events go on meanwhile', async () => {
  const editor = join(folder, 'ed');
  const told = join(folder, 'told');
  // A file name of the program's own, so that the dashboard's keys that follow cannot end it by chance.
  writeFileSync(editor, `#!/bin/sh\necho "EDITS $*"\nread line\necho "$line" > ${told}\n`, {mode: 0o755});
  const t = run('', {VISUAL: editor});
  await t.shows(/q detach/);
  t.child.write('2');
  await t.shows(/active on/);
  t.child.write('\r');
  await t.shows(/● payments\/gateway\.py:118/);
  t.child.write('\r');
  await t.shows(/EDITS \+118 \/srv\/shop\/payments\/gateway\.py/);
  expect(t.term.buffer.active.type).toBe('normal');
  expect(t.term.modes.mouseTrackingMode).toBe('none');
  const from = t.beat();
  await t.until('the events go on', () => t.beat() > from + 20);
  t.child.write('qqq\r');
  await t.shows(/● payments\/gateway\.py:118/);
  expect(readFileSync(told, 'utf8')).toBe('qqq\n');
  expect(t.term.buffer.active.type).toBe('alternate');
  t.child.write('q');
  expect((await t.ended()).exitCode).toBe(0);
  expectRestored(t);
});

test('an editor that is not installed is named, and the screen is whole', async () => {
  const t = run('', {VISUAL: '/nowhere/ed --wait'});
  await t.shows(/q detach/);
  t.child.write('2');
  await t.shows(/active on/);
  t.child.write('\r');
  await t.shows(/● payments\/gateway\.py:118/);
  t.child.write('\r');
  await t.shows(/no editor: \/nowhere\/ed is not installed; set EDITOR/);
  await t.shows(/● payments\/gateway\.py:118/);
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])('%s: status %i, the terminal as it was', async (signal, code) => {
  const t = run();
  await t.shows(/q detach/);
  process.kill(t.child.pid, signal);
  expect((await t.ended()).exitCode).toBe(code);
  expectRestored(t);
});

test('a terminal that takes nothing does not stop the event loop, and is caught up with', async () => {
  const t = run();
  await t.shows(/beat \d+/);
  t.child.pause();
  // A storm of resizes makes frames until the terminal's buffer is full.
  const from = t.beat();
  for (let i = 0; i < 60; i++) {
    t.child.resize(90 + (i % 2) * 10, 30);
    await sleep(20);
  }
  await t.until('the loop goes on', () => t.beat() > from + 100);
  t.child.resize(100, 30);
  const at = t.beat();
  t.child.resume();
  await t.until('the newest state', () => Number(/beat (\d+)/.exec(t.text())?.[1] ?? 0) >= at);
  t.child.write('q');
  expect((await t.ended()).exitCode).toBe(0);
});

test('a terminal that takes nothing does not keep it from ending', async () => {
  const t = run();
  await t.shows(/beat \d+/);
  t.child.pause();
  const from = t.beat();
  for (let i = 0; i < 60; i++) {
    t.child.resize(90 + (i % 2) * 10, 30);
    await sleep(20);
  }
  await t.until('the loop goes on', () => t.beat() > from + 50);
  process.kill(t.child.pid, 'SIGTERM');
  await t.until('the process is gone', () => {
    try {
      const stat = readFileSync(`/proc/${t.child.pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'Z';
    } catch {
      return true;
    }
  });
  t.child.resume();
});

test('a terminal that is closed ends it, quietly and without spinning', async () => {
  const t = run();
  await t.shows(/beat \d+/);
  const {pid} = t.child;
  (t.child as unknown as {destroy(): void}).destroy();
  await t.until('the process is gone', () => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat[stat.lastIndexOf(')') + 2] === 'Z';
    } catch {
      return true;
    }
  });
});

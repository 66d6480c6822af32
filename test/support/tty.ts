import unicode11 from '@xterm/addon-unicode11';
// CommonJS: only the default export exists under plain Node.
import xterm from '@xterm/headless';
import type {Terminal} from '@xterm/headless';
import * as pty from 'node-pty';
import {alive} from './processes.ts';
import {sleep} from './wait.ts';

export interface TtyOptions {
  cols?: number;
  rows?: number;
  /** Added to this process's environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  cwd?: string;
}

export interface TtyExit {
  exitCode: number;
  signal?: number;
}

/** Bytes that keys send. */
export const KEY = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  home: '\u001b[H',
  end: '\u001b[F',
  pageUp: '\u001b[5~',
  pageDown: '\u001b[6~',
  enter: '\r',
  esc: '\u001b',
  tab: '\t',
  backspace: '\u007f',
  ctrlC: '\u0003',
  ctrlP: '\u0010',
} as const;

/** A real program on a real pty, its screen kept by a terminal emulator, driven and read as a person would. */
export class Tty {
  readonly terminal: Terminal;
  readonly pid: number;
  /** Everything the program wrote, undigested; the newest 16 million characters. */
  raw = '';
  /** Bytes that the program wrote. */
  bytes = 0;
  /** Set once the program has ended. */
  exit: TtyExit | null = null;
  readonly #child: pty.IPty;
  #undrawn = 0;

  constructor(file: string, args: string[], {cols = 80, rows = 24, env = {}, cwd}: TtyOptions = {}) {
    this.terminal = new xterm.Terminal({cols, rows, scrollback: 2000, allowProposedApi: true});
    this.terminal.loadAddon(new unicode11.Unicode11Addon());
    this.terminal.unicode.activeVersion = '11';
    this.#child = pty.spawn(file, args, {cols, rows, cwd, name: 'xterm-256color', env: environment(env)});
    this.pid = this.#child.pid;
    this.#child.onData((data) => {
      this.bytes += Buffer.byteLength(data);
      this.raw = (this.raw + data).slice(-16_000_000);
      this.#undrawn++;
      this.terminal.write(data, () => this.#undrawn--);
    });
    // A terminal answers questions (cursor position, device attributes); programs wait for it.
    this.terminal.onData((answer) => {
      if (this.exit === null) this.#child.write(answer);
    });
    this.#child.onExit((exit) => {
      this.exit = exit;
    });
  }

  /** The visible lines, without the blanks at their ends. */
  lines(): string[] {
    const buffer = this.terminal.buffer.active;
    const line = (row: number) => buffer.getLine(buffer.viewportY + row)?.translateToString(true, 0, this.terminal.cols) ?? '';
    return Array.from({length: this.terminal.rows}, (_, row) => line(row));
  }

  /** The visible lines as one text. */
  screen(): string {
    return this.lines().join('\n').trimEnd();
  }

  /** Is the alternate screen shown. */
  get alternate(): boolean {
    return this.terminal.buffer.active.type === 'alternate';
  }

  /** Sends key presses, as bytes. */
  press(keys: string): void {
    this.#child.write(keys);
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows);
    if (this.exit === null) this.#child.resize(cols, rows);
  }

  /**
   * Waits until the screen passes the test, and returns that screen.
   * @throws Error with the screen after `ms` (30 s unless told).
   */
  async waitFor(test: RegExp | ((screen: string) => boolean), ms = 30_000): Promise<string> {
    const end = Date.now() + ms;
    for (;;) {
      const screen = this.screen();
      if (this.#undrawn === 0 && (test instanceof RegExp ? test.test(screen) : test(screen))) return screen;
      if (Date.now() > end) {
        throw new Error(`waited ${ms} ms in vain for ${String(test)}; exit: ${JSON.stringify(this.exit)}; the screen was:\n${screen}`);
      }
      await sleep(10);
    }
  }

  /** Waits for the program's end. @throws Error with the screen after `ms` (30 s unless told). */
  async waitExit(ms = 30_000): Promise<TtyExit> {
    const end = Date.now() + ms;
    while (this.exit === null || this.#undrawn > 0) {
      if (Date.now() > end) throw new Error(`the program did not end within ${ms} ms; the screen was:\n${this.screen()}`);
      await sleep(10);
    }
    return this.exit;
  }

  /** Closes our end, as closing a terminal's window does: the kernel tells the program, nobody else. */
  hangUp(): void {
    // node-pty's own destroy() adds a SIGHUP of its own; here only the kernel's counts.
    (this.#child as unknown as {_socket: {destroy(): void}})._socket.destroy();
  }

  /** Stops keeping the program; kills it when it still runs. */
  dispose(): void {
    if (this.exit === null && alive(this.pid)) this.#child.kill('SIGKILL');
    this.terminal.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function environment(extra: Record<string, string | undefined>): Record<string, string> {
  // A machine without a locale (a container, a CI job) would get the screen in plain ASCII.
  const locale = {LANG: 'C.UTF-8', LC_ALL: undefined, LC_CTYPE: undefined};
  const merged = {...process.env, ...locale, CI: 'false', NO_COLOR: undefined, COLORTERM: 'truecolor', TERM: 'xterm-256color', ...extra};
  return Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

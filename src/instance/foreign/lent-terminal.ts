import {closeSync, fstatSync, openSync, readSync, writeSync} from 'node:fs';
import type {ReadStream} from 'node:tty';
import {inForeground} from '../terminal.ts';

const CTRL_C = '\u0003';
/** Milliseconds between two looks at what the command has printed, and how many must find the same. */
const LOOK = 100;
const STILL = 5;
/** Bytes of it that are shown before a question. */
const SHOWN = 4096;

/**
 * Our terminal, lent to a command until it has started Apache: a password for sudo, a passphrase of
 * a key, a yes or no. What the command writes on its terminal is shown, and so is a line of its
 * output that it has begun and stands still at. From then on what is typed goes to the command.
 */
export class LentTerminal {
  readonly #out: number;
  readonly #console: string;
  #in: ReadStream | null = null;
  #write: (data: string) => void = () => {};
  #interrupted: () => void = () => {};
  #timer: NodeJS.Timeout;
  /** Size of the output at the last look, how often it was that, and how much of it was shown. */
  #size = 0;
  #still = 0;
  #shown = 0;
  #midLine = false;
  #over = false;

  private constructor(out: number, console: string) {
    this.#out = out;
    this.#console = console;
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  /** @param console file of the command's output. @returns null when we have no terminal, or are not in its foreground. */
  static open(console: string): LentTerminal | null {
    if (!inForeground()) return null;
    try {
      return new LentTerminal(openSync('/dev/tty', 'w'), console);
    } catch {
      return null;
    }
  }

  /** @param write types into the command's terminal. @param interrupted called for Ctrl-C, which the command gets too. */
  connect(write: (data: string) => void, interrupted: () => void): void {
    this.#write = write;
    this.#interrupted = interrupted;
  }

  /** Has something been asked. */
  get asked(): boolean {
    return this.#in !== null;
  }

  /** What the command writes on its terminal. */
  readonly output = (chunk: Buffer): void => {
    if (this.#over) return;
    this.#show(chunk);
    this.take();
  };

  /** Takes the terminal back, in the modes it had. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#timer);
    try {
      this.#in?.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
    this.#in?.destroy();
    if (this.#midLine) this.#show(Buffer.from('\n'));
    closeSync(this.#out);
  }

  /** From now on keys are the command's. */
  take(): void {
    if (this.#in !== null || this.#over) return;
    let fd: number | null = null;
    try {
      fd = openSync('/dev/tty', 'r+');
      this.#in = new (process.getBuiltinModule('node:tty').ReadStream)(fd);
    } catch {
      if (fd !== null) closeSync(fd);
      return;
    }
    this.#in.setEncoding('utf8');
    this.#in.setRawMode(true);
    this.#in.on('error', () => this.#in?.destroy());
    this.#in.on('data', (keys: string) => {
      this.#write(keys);
      if (keys.includes(CTRL_C)) this.#interrupted();
    });
  }

  #show(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#midLine = bytes.at(-1) !== 10;
    try {
      writeSync(this.#out, bytes);
    } catch {
      // A terminal that takes nothing: the question cannot be shown.
    }
  }

  #look(): void {
    let fd: number | null = null;
    try {
      fd = openSync(this.#console, 'r');
      const {size} = fstatSync(fd);
      this.#still = size === this.#size ? this.#still + 1 : 0;
      this.#size = size;
      if (this.#still < STILL || size <= this.#shown) return;
      const from = Math.max(this.#shown, size - SHOWN);
      const text = Buffer.alloc(size - from);
      readSync(fd, text, 0, text.length, from);
      if (text.at(-1) === 10) return;
      this.#shown = size;
      this.#show(text);
      this.take();
    } catch {
      // Not there any more.
    } finally {
      if (fd !== null) closeSync(fd);
    }
  }
}

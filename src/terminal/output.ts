/**
 * Terminal output that never blocks the event loop. Node writes to a tty synchronously: when nobody reads it (an ssh session that
 * stalls, Ctrl-S, a frozen tmux) the whole process would stop. Here writes go through fs.write; while one is under way `busy` is true
 * and the screen skips its frames.
 */
import fs from 'node:fs';
import {Writable} from 'node:stream';
import {openWithoutBlocking} from './without-blocking.ts';

/** What this needs of a tty.WriteStream. */
export interface TtySink {
  fd: number;
  columns: number;
  rows: number;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

type Done = (error?: Error | null) => void;

/** How long to wait before trying again when the terminal takes nothing, milliseconds. */
const RETRY_MS = 20;

export class TerminalOutput extends Writable {
  readonly isTTY = true;
  readonly #tty: TtySink;
  readonly #fd: number;
  readonly #own: boolean;
  readonly #idle = new Set<() => void>();
  readonly #onGone: () => void;
  #gone = false;
  #resized = false;
  #lent = false;

  /** `onGone` is called once when the terminal does not exist any more. */
  constructor(tty: TtySink, onGone: () => void) {
    // Frames are never refused for size: they are skipped before they are made.
    super({decodeStrings: false, highWaterMark: 1 << 22});
    this.#tty = tty;
    this.#onGone = onGone;
    const {fd, own} = openWithoutBlocking(tty.fd);
    this.#fd = fd;
    this.#own = own;
    tty.on('resize', this.#resize);
    this.on('error', () => this.#lose());
  }

  get columns(): number {
    return this.#tty.columns;
  }

  get rows(): number {
    return this.#tty.rows;
  }

  /** Is there anything the terminal has not taken yet. */
  get busy(): boolean {
    return this.#lent || this.writableLength > 0;
  }

  /** Another program has the terminal: what is written meanwhile is dropped, and `busy` holds frames back, until it is taken again. */
  lend(): void {
    this.#lent = true;
  }

  takeBack(): void {
    this.#lent = false;
    this.#tellIdle();
  }

  /** Calls `then` once, as soon as everything has been taken; at once when it has. */
  whenIdle(then: () => void): void {
    if (this.busy) this.#idle.add(then);
    else then();
  }

  /** Waits until everything is written, at most `ms`; tells whether it is. */
  drained(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.whenIdle(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** The last words, at once: for a process that is about to end. Gives up where the terminal takes nothing. */
  writeNow(text: string): void {
    try {
      fs.writeSync(this.#fd, text);
    } catch {
      // Stalled (EAGAIN) or gone (EIO): nothing more can be done for it.
    }
  }

  release(): void {
    this.#tty.off('resize', this.#resize);
    this.#gone = true;
    this.#idle.clear();
    if (this.#own) {
      try {
        fs.closeSync(this.#fd);
      } catch {
        // Closed already by the end of the process.
      }
    }
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#put(Buffer.from(chunk as string), 0, done);
  }

  override _writev(chunks: {chunk: string | Buffer}[], done: Done): void {
    this.#put(Buffer.from(chunks.map((one) => one.chunk.toString()).join('')), 0, done);
  }

  #put(bytes: Buffer, from: number, done: Done): void {
    if (this.#gone || this.#lent) return done();
    fs.write(this.#fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error && error.code !== 'EAGAIN' && error.code !== 'EINTR') {
        this.#lose();
        return done();
      }
      const next = from + (written ?? 0);
      if (error) setTimeout(() => this.#put(bytes, next, done), RETRY_MS);
      else if (next < bytes.length) this.#put(bytes, next, done);
      else {
        done();
        setImmediate(this.#tellIdle);
      }
    });
  }

  readonly #tellIdle = (): void => {
    if (this.busy) return;
    if (this.#resized) {
      this.#resized = false;
      this.emit('resize');
    }
    const waiting = [...this.#idle];
    this.#idle.clear();
    for (const then of waiting) then();
  };

  /** While nothing is taken, the resizes of a storm become one: Ink draws a whole frame for each. */
  readonly #resize = (): void => {
    if (this.busy) this.#resized = true;
    else this.emit('resize');
  };

  #lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#onGone();
    this.#tellIdle();
  }
}

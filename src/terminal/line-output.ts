import {fstatSync, write} from 'node:fs';
import {openWithoutBlocking} from './without-blocking.ts';

/** Characters waiting before lines are dropped: half a minute of a busy log. */
const MOST = 8 * 1024 * 1024;

/** Milliseconds until a reader that has taken nothing is asked again. */
const RETRY_MS = 20;

/**
 * Lines to a file descriptor that may stall (a pipe nobody reads, a frozen terminal). Node's own stdout would keep all of it, or stop the whole process;
 * here what does not fit is dropped and counted, and the end of the process does not wait for a reader.
 */
export class LineOutput {
  readonly #fd: number;
  readonly #dropped: (count: number) => string;
  #waiting: string[] = [];
  #size = 0;
  #lost = 0;
  #busy = false;
  #broken = false;
  #idle: (() => void)[] = [];
  readonly #failed: (error: NodeJS.ErrnoException) => void;

  /**
   * @param dropped makes the line that says how many lines were lost.
   * @param failed called once when nothing more can be written: the reader is gone (EPIPE), the disk is full.
   */
  constructor(fd: number, dropped: (count: number) => string, failed: (error: NodeJS.ErrnoException) => void = () => {}) {
    this.#failed = failed;
    this.#fd = openStalling(fd);
    this.#dropped = dropped;
  }

  put(line: string): void {
    this.write(`${line}\n`);
  }

  /** Text that is not a line of ours: another program's output, as it comes. */
  write(text: string): void {
    if (this.#broken) return;
    if (this.#size > MOST) {
      this.#lost++;
      return;
    }
    this.#waiting.push(text);
    this.#size += text.length;
    if (!this.#busy) this.#next();
  }

  /** No more lines. Settles when everything has been written, the reader is gone, or `ms` have passed: what nobody has taken until then is lost. */
  async end(ms: number): Promise<void> {
    if (this.#busy) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve);
        setTimeout(resolve, ms).unref();
      });
    }
    this.#broken = true;
  }

  #next(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    if (this.#lost > 0) {
      lines.push(`${this.#dropped(this.#lost)}\n`);
      this.#lost = 0;
    }
    if (lines.length === 0 || this.#broken) {
      this.#busy = false;
      for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.#busy = true;
    this.#write(Buffer.from(lines.join('')), 0);
  }

  #write(buffer: Buffer, from: number): void {
    write(this.#fd, buffer, from, buffer.length - from, null, (error, written) => {
      if (error?.code === 'EAGAIN' && !this.#broken) {
        setTimeout(() => this.#write(buffer, from), RETRY_MS);
        return;
      }
      if (error && !this.#broken) this.#failed(error);
      if (error) this.#broken = true;
      else if (!this.#broken && from + written < buffer.length) return this.#write(buffer, from + written);
      this.#next();
    });
  }
}

/** A pipe or terminal is opened a second time, without blocking. A file does not stall, and where we are in it is what its descriptor knows. */
function openStalling(fd: number): number {
  try {
    const info = fstatSync(fd);
    return info.isFIFO() || info.isCharacterDevice() ? openWithoutBlocking(fd).fd : fd;
  } catch {
    return fd;
  }
}

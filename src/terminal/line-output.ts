import {write} from 'node:fs';

/** Characters waiting before lines are dropped: half a minute of a busy log. */
const MOST = 8 * 1024 * 1024;

/**
 * Lines to a file descriptor that may stall (a pipe nobody reads, a frozen terminal). Node's own stdout would stop the whole process then; here
 * writing happens in the thread pool and what does not fit is dropped and counted.
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

  /** @param dropped makes the line that says how many lines were lost. */
  constructor(fd: number, dropped: (count: number) => string) {
    this.#fd = fd;
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

  /** Settles when everything has been written, the reader is gone, or `ms` have passed. */
  flush(ms: number): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      setTimeout(resolve, ms).unref();
    });
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
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#write(buffer, from), 20);
        return;
      }
      if (error) this.#broken = true;
      else if (from + written < buffer.length) return this.#write(buffer, from + written);
      this.#next();
    });
  }
}

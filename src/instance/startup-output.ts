import {StringDecoder} from 'node:string_decoder';

/** Lines kept until somebody wants them, and the longest one, in characters. */
const KEPT = 200;
const LONGEST = 4096;

/** What Apache prints on its pty, in lines, kept from the first byte on although the listener comes later. */
export class StartupOutput {
  readonly #decoder = new StringDecoder('utf8');
  /** The newest ones. */
  readonly lines: string[] = [];
  #dropped = 0;
  #rest = '';
  #listener: ((line: string) => void) | null = null;

  /** For the launch: takes a chunk of output. */
  readonly chunk = (data: Buffer): void => {
    const parts = (this.#rest + this.#decoder.write(data)).split(/\r*\n/);
    this.#rest = (parts.pop() ?? '').slice(0, LONGEST);
    for (const part of parts) this.#line(part);
  };

  /** The lines so far and those to come; first, how many came before them and were not kept. */
  to(listener: (line: string) => void): void {
    this.#listener = listener;
    if (this.#dropped > 0) listener(leftOut(this.#dropped));
    for (const line of this.lines) listener(line);
  }

  /** The newest `count` lines, after a line that says how many came before them (when there are such). */
  last(count: number): string[] {
    const shown = this.lines.slice(-count);
    const before = this.#dropped + this.lines.length - shown.length;
    return before > 0 ? [leftOut(before), ...shown] : shown;
  }

  #line(text: string): void {
    const line = text.slice(0, LONGEST);
    if (line.trim() === '') return;
    this.lines.push(line);
    if (this.lines.length > KEPT) {
      this.lines.shift();
      this.#dropped++;
    }
    this.#listener?.(line);
  }
}

const leftOut = (count: number): string => `... ${count} ${count === 1 ? 'line' : 'lines'} before this left out`;

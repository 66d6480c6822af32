import {StringDecoder} from 'node:string_decoder';

/** Lines kept until somebody wants them, and the longest one, in characters. */
const KEPT = 200;
const LONGEST = 4096;

/** What Apache prints on its pty, in lines, kept from the first byte on although the listener comes later. */
export class StartupOutput {
  readonly #decoder = new StringDecoder('utf8');
  readonly lines: string[] = [];
  #rest = '';
  #listener: ((line: string) => void) | null = null;

  /** For the launch: takes a chunk of output. */
  readonly chunk = (data: Buffer): void => {
    const parts = (this.#rest + this.#decoder.write(data)).split(/\r*\n/);
    this.#rest = (parts.pop() ?? '').slice(0, LONGEST);
    for (const part of parts) this.#line(part);
  };

  /** The lines so far and those to come. */
  to(listener: (line: string) => void): void {
    this.#listener = listener;
    for (const line of this.lines) listener(line);
  }

  #line(text: string): void {
    const line = text.slice(0, LONGEST);
    if (line.trim() === '') return;
    this.lines.push(line);
    if (this.lines.length > KEPT) this.lines.shift();
    this.#listener?.(line);
  }
}

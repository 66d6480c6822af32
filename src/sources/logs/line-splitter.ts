/**
 * Chunks of bytes -> lines of text, in bounded memory whatever arrives: the beginning of a line that is too long is kept, the rest counted.
 * Bytes that are not UTF-8 are read as Latin-1, line by line, so that one odd line does not spoil its neighbours.
 */
import {isAscii, isUtf8} from 'node:buffer';
import {decodeBytes} from './unescape.ts';

const NEWLINE = 10;

export interface Lines {
  lines: string[];
  /** For lines that were too long: index into `lines` -> bytes dropped. */
  cut: Map<number, number> | null;
}

export class LineSplitter {
  readonly #maxLine: number;
  /** The unfinished line, at most `maxLine` bytes of it, and how many more it had. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #dropped = 0;

  /** `maxLine` in bytes. */
  constructor(maxLine: number) {
    this.#maxLine = maxLine;
  }

  /** Is a line begun and not finished? */
  get open(): boolean {
    return this.#partialBytes > 0 || this.#dropped > 0;
  }

  /** The lines that this chunk completes. The chunk's memory may be used again afterwards. */
  push(chunk: Buffer): Lines {
    const result: Lines = {lines: [], cut: null};
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      this.#hold(chunk);
      return result;
    }
    let from = 0;
    if (this.open) {
      const first = chunk.indexOf(NEWLINE);
      this.#hold(chunk.subarray(0, first));
      this.#finish(result);
      from = first + 1;
    }
    if (from <= end) this.#split(chunk.subarray(from, end), result);
    if (end + 1 < chunk.length) this.#hold(chunk.subarray(end + 1));
    return result;
  }

  /** Gives the unfinished line as it is. */
  flush(): Lines {
    const result: Lines = {lines: [], cut: null};
    if (this.open) this.#finish(result);
    return result;
  }

  /** Forgets the unfinished line. */
  clear(): void {
    this.#partial = [];
    this.#partialBytes = 0;
    this.#dropped = 0;
  }

  #split(region: Buffer, result: Lines): void {
    const texts = isAscii(region)
      ? region.toString('latin1').split('\n')
      : isUtf8(region)
        ? region.toString('utf8').split('\n')
        : region
            .toString('latin1')
            .split('\n')
            .map((text) => decodeBytes(Buffer.from(text, 'latin1')));
    for (const text of texts) {
      if (text.length <= this.#maxLine) result.lines.push(withoutReturn(text));
      else {
        result.cut ??= new Map();
        result.cut.set(result.lines.length, Buffer.byteLength(text) - this.#maxLine);
        result.lines.push(text.slice(0, this.#maxLine));
      }
    }
  }

  #hold(bytes: Buffer): void {
    const room = this.#maxLine - this.#partialBytes;
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, Math.max(0, room));
    if (kept.length > 0) this.#partial.push(Buffer.from(kept));
    this.#partialBytes += kept.length;
    this.#dropped += bytes.length - kept.length;
  }

  #finish(result: Lines): void {
    const text = decodeBytes(Buffer.concat(this.#partial));
    if (this.#dropped > 0) {
      result.cut ??= new Map();
      result.cut.set(result.lines.length, this.#dropped);
    }
    result.lines.push(withoutReturn(text));
    this.clear();
  }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** One open log file that grows, may be cut back to nothing, and is read from where we were. */
import {constants, fstatSync} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';
import {LineSplitter, type Lines} from './line-splitter.ts';

/** Bytes read at a time: about a millisecond of parsing, after which the event loop gets its turn. */
const CHUNK = 256 * 1024;

export interface TailReading {
  /** Called for every chunk's lines. */
  onLines: (lines: Lines) => void;
  /** Called when bytes were passed over because the reader was too far behind. */
  onSkipped: (bytes: number) => void;
}

export class TailedFile {
  readonly dev: number;
  readonly ino: number;
  offset: number;
  /** When it was last seen to grow or its reader to read, on the follower's clock. */
  touched: number;
  readonly #handle: FileHandle;
  readonly #splitter: LineSplitter;
  readonly #maxBehind: number;
  readonly #buffer: Buffer;
  /** After a skip, the first line is the end of one whose beginning was skipped. */
  #inTheMiddle = false;

  private constructor(handle: FileHandle, at: {dev: number; ino: number; offset: number; now: number}, limits: TailLimits) {
    this.#handle = handle;
    this.dev = at.dev;
    this.ino = at.ino;
    this.offset = at.offset;
    this.touched = at.now;
    this.#splitter = new LineSplitter(limits.maxLine);
    this.#maxBehind = limits.maxBehind;
    this.#buffer = Buffer.allocUnsafeSlow(CHUNK);
  }

  /**
   * Opens a regular file without following a link. Null when there is no such file; throws (with the reason in words) when there is
   * something that is not to be read.
   */
  static async open(path: string, from: 'start' | 'end' | number, now: number, limits: TailLimits): Promise<TailedFile | null> {
    let handle: FileHandle;
    try {
      // Without O_NONBLOCK the open of a named pipe would wait for a writer.
      handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw new Error(code === 'ELOOP' ? `${path} is a link, which is not followed` : `cannot read ${path}: ${code}`, {cause: error});
    }
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
      const offset = from === 'end' ? stat.size : from === 'start' ? 0 : Math.min(from, stat.size);
      return new TailedFile(handle, {dev: stat.dev, ino: stat.ino, offset, now}, limits);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Reads to the end. Gives what is left unfinished after `stale` milliseconds without growth. Resolves to the number of bytes read. */
  async read(now: () => number, stale: number, out: TailReading): Promise<number> {
    let size = this.#size();
    if (size < this.offset) {
      // Cut back: what follows is a new beginning.
      this.#give(this.#splitter.flush(), out);
      this.offset = 0;
    }
    const behind = size - this.offset;
    if (behind > this.#maxBehind) {
      const skipped = behind - Math.floor(this.#maxBehind / 2);
      this.#splitter.clear();
      this.#inTheMiddle = true;
      this.offset += skipped;
      out.onSkipped(skipped);
    }
    let read = 0;
    while (this.offset < size) {
      const {bytesRead} = await this.#handle.read(this.#buffer, 0, Math.min(CHUNK, size - this.offset), this.offset);
      if (bytesRead === 0) break;
      this.#take(this.#buffer.subarray(0, bytesRead), out);
      this.offset += bytesRead;
      read += bytesRead;
      if (this.offset >= size) size = this.#size();
      // A writer that is faster than we are must not keep this loop going for ever: the rest comes with the next look.
      if (read > this.#maxBehind) break;
    }
    if (read > 0) this.touched = now();
    else if (this.#splitter.open && now() - this.touched >= stale) this.#give(this.#splitter.flush(), out);
    return read;
  }

  /** Asked twenty times a second: a trip through the thread pool would cost twenty times the question itself. */
  #size(): number {
    return fstatSync(this.#handle.fd).size;
  }

  /** Is there a line that has begun and not ended? */
  get unfinished(): boolean {
    return this.#splitter.open;
  }

  /** File descriptor, for the synchronous steps around a truncation. */
  get fd(): number {
    return this.#handle.fd;
  }

  /** Takes bytes that were read elsewhere (see `truncateAbove`). */
  feed(bytes: Buffer, out: TailReading): void {
    this.#take(bytes, out);
    this.offset += bytes.length;
  }

  async close(out: TailReading): Promise<void> {
    this.#give(this.#splitter.flush(), out);
    await this.#handle.close();
  }

  #take(bytes: Buffer, out: TailReading): void {
    let from = 0;
    if (this.#inTheMiddle) {
      const end = bytes.indexOf(10);
      if (end < 0) return;
      from = end + 1;
      this.#inTheMiddle = false;
    }
    this.#give(this.#splitter.push(bytes.subarray(from)), out);
  }

  #give(lines: Lines, out: TailReading): void {
    if (lines.lines.length > 0) out.onLines(lines);
  }
}

export interface TailLimits {
  /** Longest line kept, in bytes. */
  maxLine: number;
  /** How far behind the end a reader may be, in bytes, before it skips. */
  maxBehind: number;
}

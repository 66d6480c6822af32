import {constants, open, rm, type FileHandle} from 'node:fs/promises';
import {FILE_MAGIC, partHead} from './recording-file.ts';
import {writeProblem} from '../write-problem.ts';
import {listSegments} from './segment-files.ts';

/** Bytes read and written at once. */
const CHUNK = 1024 * 1024;

/** Copies what a flight recorder writes into one file, as it grows: a segment that the recorder takes away later is in it by then. */
export class RecordingFile {
  readonly path: string;
  /** Bytes of the file, and the recorded time in it: milliseconds since the epoch, 0 before there is any. */
  bytes = 0;
  from = 0;
  to = 0;
  readonly #file: FileHandle;
  readonly #copied = new Map<string, number>();

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Makes the file, for its owner alone. @param replace takes an older one away first. Rejects with the system's error. */
  static async create(path: string, replace: boolean): Promise<RecordingFile> {
    // Not written into: a file that somebody else can read or has open stays what it was.
    if (replace) await rm(path, {force: true});
    const made = new RecordingFile(path, await open(path, 'wx', 0o600));
    await made.#write(Buffer.from(`${FILE_MAGIC}\n`));
    return made;
  }

  /** Adds what has been recorded since the last time. Rejects with the system's error when the file cannot be written. */
  async add(folder: string): Promise<void> {
    for (const {name, path, bytes, from, to} of listSegments(folder)) {
      const done = this.#copied.get(name) ?? 0;
      if (bytes <= done) continue;
      const copied = await this.#copy(name, path, done, bytes);
      if (copied === 0) continue;
      this.#copied.set(name, done + copied);
      if (this.from === 0) this.from = from;
      this.to = Math.max(this.to, to);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #copy(name: string, path: string, from: number, to: number): Promise<number> {
    const source = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
    // The recorder has taken it away just now.
    if (source === null) return 0;
    try {
      let at = from;
      while (at < to) {
        const buffer = Buffer.alloc(Math.min(CHUNK, to - at));
        const {bytesRead} = await source.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) break;
        await this.#write(Buffer.concat([Buffer.from(partHead(name, bytesRead)), buffer.subarray(0, bytesRead)]));
        at += bytesRead;
      }
      return at - from;
    } finally {
      await source.close();
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) done += (await this.#file.write(bytes, done)).bytesWritten;
    } catch (error) {
      throw new Error(`${this.path}: cannot be written: ${writeProblem(error)}; what is in it already can be played`, {cause: error});
    }
    this.bytes += bytes.length;
  }
}

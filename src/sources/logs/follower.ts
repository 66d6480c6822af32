/**
 * Follows a log file that somebody else writes, whatever happens to it: not there yet, rotated (renamed and made anew), cut back to
 * nothing, lines of megabytes, bursts, bytes that are not UTF-8. Nothing the follower does, or fails to do, can block the writer.
 *
 * It looks at the file every `intervalMs` while it grows. When nothing has come for a while, the kernel tells of the next change
 * (fs.watch), with a slow look as a net below, so that a quiet log costs next to nothing and is still prompt.
 */
import {fstatSync, ftruncateSync, closeSync, constants, lstatSync, openSync, readSync, watch, type FSWatcher} from 'node:fs';
import {dirname} from 'node:path';
import type {Lines} from './line-splitter.ts';
import {TailedFile, type TailLimits, type TailReading} from './tailed-file.ts';

export interface FollowerOptions {
  /**
   * Lines in order, without their ends. `cut`: index into `lines` -> bytes dropped from that line because it was too long.
   * Called synchronously, at most a few thousand lines at a time.
   */
  onLines: (lines: string[], cut: ReadonlyMap<number, number> | null) => void;
  /** Bytes passed over because the follower was more than `maxBehind` behind. */
  onSkipped?: (bytes: number) => void;
  /** The file is there and cannot or must not be read; told once until it changes. */
  onProblem?: (text: string) => void;
  /** Where to begin in a file that is there at the start; one that appears later is read from its beginning. Default `end`. */
  from?: 'start' | 'end' | number;
  /** Milliseconds between two looks while the file grows (default 100); 0 for none at all: then only `look()` reads. */
  intervalMs?: number;
  /** Longest line kept, in bytes (default 64 KiB). */
  maxLine?: number;
  /** How far behind the follower may be, in bytes, before it skips ahead (default 32 MiB). */
  maxBehind?: number;
  /** Milliseconds after which an unfinished line is given as it is (default 1000). */
  staleMs?: number;
  /** Cut the file back to nothing when all is read and it is larger, in bytes. Only for a file that is ours, and opened with O_APPEND. */
  truncateAbove?: number;
  /** Milliseconds that never go backwards. */
  clock?: () => number;
}

/** Without news for so long, wait for the kernel's word instead of looking. */
const QUIET = 2000;
const SLOW = 1000;
/** After a rotation, processes that have the old file open go on writing to it until they are gone. */
const LINGER = 10_000;
const MOST_LINGERING = 4;
/** A truncation waits for so long a lull, unless the file has grown to several times its limit. */
const LULL = 400;
const OVERDUE = 4;

export class FileFollower {
  readonly path: string;
  readonly #options: FollowerOptions;
  readonly #limits: TailLimits;
  readonly #clock: () => number;
  readonly #out: TailReading;
  #current: TailedFile | null = null;
  #lingering: TailedFile[] = [];
  #from: 'start' | 'end' | number;
  #problem: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #watcher: FSWatcher | null = null;
  /** What it watches: a quiet log is looked at every second, and the same watcher serves for all of that time. */
  #watched: {target: string; ino: number} | null = null;
  /** The kernel had news while a look was under way. */
  #stirred = false;
  #looking: Promise<void> | null = null;
  #stopped = false;
  #news: number;
  #skipped = 0;

  constructor(path: string, options: FollowerOptions) {
    this.path = path;
    this.#options = options;
    this.#limits = {maxLine: options.maxLine ?? 64 * 1024, maxBehind: options.maxBehind ?? 32 * 1024 * 1024};
    this.#clock = options.clock ?? (() => performance.now());
    this.#from = options.from ?? 'end';
    this.#news = this.#clock();
    this.#out = {
      onLines: ({lines, cut}: Lines) => options.onLines(lines, cut),
      onSkipped: (bytes) => {
        this.#skipped += bytes;
        options.onSkipped?.(bytes);
      },
    };
  }

  /** Begins; resolves when what is there already has been read (or its end found). */
  async start(): Promise<void> {
    await this.look();
    // What appears from now on is new from its first byte.
    this.#from = 'start';
    if (!this.#stopped) this.#schedule();
  }

  /** Ends, after a last look: what has been written until now is read. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#unwatch();
    await this.look();
    for (const file of [...this.#lingering, this.#current]) await file?.close(this.#out);
    this.#current = null;
    this.#lingering = [];
  }

  /** Bytes passed over since the start. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Position in the file, in bytes; null while there is none. */
  get offset(): number | null {
    return this.#current?.offset ?? null;
  }

  /** Reads all that is there now. Calls that come while one is under way share it and one more. */
  async look(): Promise<void> {
    while (this.#looking) await this.#looking;
    this.#looking = this.#lookOnce().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    try {
      const stale = this.#options.staleMs ?? 1000;
      let read = 0;
      for (const file of this.#lingering) read += await file.read(this.#clock, stale, this.#out);
      if (this.#current) read += await this.#current.read(this.#clock, stale, this.#out);
      if (await this.#moved()) read += (await this.#current?.read(this.#clock, stale, this.#out)) ?? 0;
      await this.#bury();
      if (read > 0) this.#news = this.#clock();
      const {truncateAbove} = this.#options;
      if (truncateAbove !== undefined) this.truncateAbove(truncateAbove);
      this.#tell(null);
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
    }
  }

  /** Opens the file that the path names now, if it is another one than before. */
  async #moved(): Promise<boolean> {
    if (this.#current) {
      const stat = named(this.path);
      // Renamed and not made anew: its writers still write to it.
      if (!stat || (stat.ino === this.#current.ino && stat.dev === this.#current.dev)) return false;
    }
    const from = this.#current ? 'start' : this.#from;
    const next = await TailedFile.open(this.path, from, this.#clock(), this.#limits);
    if (!next) return false;
    if (this.#current) this.#lingering.push(this.#current);
    this.#current = next;
    return true;
  }

  async #bury(): Promise<void> {
    const now = this.#clock();
    const tooMany = this.#lingering.length - MOST_LINGERING;
    const gone = this.#lingering.filter((file, index) => now - file.touched > LINGER || index < tooMany);
    if (gone.length === 0) return;
    this.#lingering = this.#lingering.filter((file) => !gone.includes(file));
    for (const file of gone) await file.close(this.#out);
  }

  /**
   * Cuts the file back to nothing if it is larger than `bytes` and all of it has been read; true if so. For a log whose writers opened it
   * with O_APPEND (as Apache does): they go on at the new end.
   *
   * A line written between the last reading and the cut would be lost. The two system calls stand next to each other, a few
   * microseconds apart, and the cut waits for a lull in the log unless the file is far too large: so the chance is small, not nil.
   * The private access log is a source of figures, not an archive.
   */
  truncateAbove(bytes: number): boolean {
    const file = this.#current;
    if (!file || file.offset <= bytes || file.unfinished) return false;
    if (this.#clock() - file.touched < LULL && file.offset <= bytes * OVERDUE) return false;
    let fd: number;
    try {
      fd = openSync(this.path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return false;
    }
    try {
      const named = fstatSync(fd);
      if (named.ino !== file.ino || named.dev !== file.dev) return false;
      const rest = Buffer.allocUnsafe(64 * 1024);
      const read = readSync(file.fd, rest, 0, rest.length, file.offset);
      if (read > 0) file.feed(rest.subarray(0, read), this.#out);
      if (file.unfinished || fstatSync(fd).size !== file.offset) return false;
      ftruncateSync(fd, 0);
      file.offset = 0;
      return true;
    } finally {
      closeSync(fd);
    }
  }

  #schedule(): void {
    const interval = this.#options.intervalMs ?? 100;
    if (this.#stopped || interval === 0) return;
    const quiet = this.#clock() - this.#news > QUIET;
    if (!quiet) this.#unwatch();
    const watched = quiet && this.#arm() && !this.#stirred;
    this.#stirred = false;
    this.#timer = setTimeout(() => void this.#tick(), watched ? SLOW : interval);
  }

  async #tick(): Promise<void> {
    this.#timer = null;
    await this.look();
    this.#schedule();
  }

  /** Asks the kernel to tell of the next change; false where it cannot. The folder is watched while the file is not there. */
  #arm(): boolean {
    try {
      const ino = this.#current ? lstatSync(this.path).ino : 0;
      const target = this.#current && ino === this.#current.ino ? this.path : dirname(this.path);
      if (this.#watcher && this.#watched?.target === target && this.#watched.ino === ino) return true;
      this.#unwatch();
      this.#watched = {target, ino};
      this.#watcher = watch(target, {persistent: false}, () => {
        if (!this.#timer) {
          this.#stirred = true;
          return;
        }
        clearTimeout(this.#timer);
        this.#timer = null;
        // The first word is enough: while the log grows, looking is cheaper than being told of every line.
        this.#unwatch();
        this.#news = this.#clock();
        void this.#tick();
      });
      this.#watcher.on('error', () => this.#unwatch());
      return true;
    } catch {
      return false;
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#watched = null;
  }

  #tell(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== null) this.#options.onProblem?.(problem);
  }
}

/** What the path names now; null for nothing, or nothing that we may know of. */
function named(path: string): {ino: number; dev: number} | null {
  try {
    return lstatSync(path, {throwIfNoEntry: false}) ?? null;
  } catch {
    return null;
  }
}

import {readdir, stat} from 'node:fs/promises';
import {statSync, type Stats} from 'node:fs';
import {join} from 'node:path';
import {type FileState, FileStates, sameState} from './file-states.ts';
import type {FileChange} from './slots/imported-files.ts';

/** Milliseconds after the kernel told of a path at which the path is looked at; and between two looks at a few of all. */
const AFTER_NEWS = 300;
const EVERY = 1000;
/**
 * So many files and folders are looked at each time: while nothing happens, which costs about two thousandths of a processor; and for so many milliseconds
 * after the kernel told of anything.
 */
const FEW = 20;
const MANY = 200;
const ACTIVE = 10_000;
/** The kernel's clock for files lags by up to a tick, in milliseconds. */
const TICK = 10;

export interface SecondLookOptions {
  /** The folder that is looked at each time: a symbolic link to a release may be switched to the next one. */
  root: string;
  /** Is a file of this path watched. */
  wanted(path: string): boolean;
  /** Is a folder of this path left out. */
  ignored(path: string): boolean;
  /** Called with a file that has changed although no event told of the change. */
  onChange(path: string, kind: FileChange['kind']): void;
  /** Called with a folder that no event told of. */
  onFolder(path: string): void;
  /** Called when another folder is found under the name of a folder. */
  onReplaced(path: string): void;
}

/**
 * Knows how each watched file and folder was when it was last reported, and compares that with the disk: an event can get lost. The queue of the
 * kernel overflows, and chokidar 6 drops a rename over a file in a folder that it is still listing.
 */
export class SecondLook {
  readonly #options: SecondLookOptions;
  readonly #states = new FileStates();
  /** Paths whose end was told under another name of theirs. */
  readonly #gone = new Set<string>();
  readonly #suspects = new Set<string>();
  /** Folders that no event has told of, and at how many looks. */
  readonly #strange = new Map<string, number>();
  #ring: Iterator<string> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #newsAt = 0;
  #stopped = true;
  #looking: Promise<void> = Promise.resolve();
  /** Queues of paths that have not been looked at to their end. */
  #asked = 0;

  constructor(options: SecondLookOptions) {
    this.#options = options;
  }

  /** Notes how a file or folder is now. @returns false when it was the same at the last time, or is a file whose change was told under another name. */
  take(path: string, stats: Stats | undefined): boolean {
    const found = stats?.isSymbolicLink() ? target(path) : stats;
    const known = this.#states.get(path);
    // What is in a linked folder is watched only where it is imported.
    if (!found || (found !== stats && found.isDirectory())) return true;
    const state = stateOf(found);
    this.#states.set(path, state);
    this.#strange.delete(path);
    this.#gone.delete(path);
    if (known && sameState(known, state)) return false;
    return (
      state.folder || this.#states.moved(path) || !this.#states.otherNames(path).some((name) => sameState(this.#states.get(name)!, state))
    );
  }

  /** The path may lead through a symbolic link: a switch of that link is a change of the file. */
  mayMove(path: string): void {
    this.#states.mayMove(path);
  }

  has(path: string): boolean {
    return this.#states.has(path);
  }

  drop(path: string): void {
    this.#states.delete(path);
  }

  /** Nothing is at the path any more. @returns false when that was told under another name of the file. */
  end(path: string): boolean {
    if (this.#gone.delete(path)) return false;
    for (const name of this.#states.otherNames(path)) {
      if (target(name) !== undefined) continue;
      this.#states.delete(name);
      this.#gone.add(name);
    }
    this.#states.delete(path);
    return true;
  }

  /** The kernel told of this path. */
  suspect(path: string): void {
    this.#suspects.add(path);
    this.#newsAt = Date.now();
    if (!this.#stopped) this.#soon ??= setTimeout(() => this.#lookAtSuspects(), AFTER_NEWS);
  }

  /** Looks at what is suspect, and at a few of all paths each second. @param all looks at all paths once. */
  start(all: boolean): void {
    this.#stopped = false;
    if (all) this.#queue([...this.#states.paths()]);
    this.#lookAtSuspects();
    this.#timer = setInterval(() => {
      // A file system that does not answer is not asked more and more.
      if (this.#asked === 0) this.#queue(this.#few());
    }, EVERY);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#suspects.clear();
  }

  #lookAtSuspects(): void {
    this.#soon = undefined;
    const paths = [...this.#suspects];
    this.#suspects.clear();
    this.#queue(paths);
  }

  #few(): string[] {
    const paths = [this.#options.root];
    const most = Date.now() - this.#newsAt < ACTIVE ? MANY : FEW;
    while (paths.length < most) {
      this.#ring ??= this.#states.paths();
      const {value, done} = this.#ring.next();
      if (done) {
        this.#ring = null;
        break;
      }
      paths.push(value);
    }
    return paths;
  }

  /** Looks at the paths one after the other: a file system that does not answer holds up one thread at most. */
  #queue(paths: readonly string[]): void {
    this.#asked++;
    this.#looking = this.#looking.then(async () => {
      for (const path of paths) if (!this.#stopped) await this.#look(path);
      this.#asked--;
    });
  }

  async #look(path: string): Promise<void> {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ENOTDIR' ? null : undefined,
    );
    if (this.#stopped || found === undefined) return;
    const known = this.#states.get(path);
    if (found === null) return this.#missing(path, known);
    if (found.isDirectory()) return this.#folder(path, found, known);
    if (!this.#options.wanted(path) || !this.take(path, found)) return;
    this.#options.onChange(path, known ? 'change' : 'add');
  }

  #missing(path: string, known: FileState | undefined): void {
    // A folder may come again, or another one in its place: that is looked for.
    if (!known || known.folder) return;
    if (!known.missing) {
      known.missing = true;
      return this.suspect(path);
    }
    if (this.end(path)) this.#options.onChange(path, 'unlink');
  }

  /** The time of a folder changes when something in the folder comes, goes or is replaced. */
  async #folder(path: string, found: Stats, known: FileState | undefined): Promise<void> {
    if (!known) return;
    if (known.ino !== found.ino) this.#options.onReplaced(path);
    if (!this.take(path, found)) return;
    const entries = await readdir(path, {withFileTypes: true}).catch(() => []);
    // What comes within the same tick of the clock does not change the time once more.
    let again = Date.now() - found.mtimeMs < 2 * TICK;
    for (const entry of entries) {
      const inside = join(path, entry.name);
      if (this.#stopped || this.#states.has(inside)) continue;
      if (!entry.isDirectory()) {
        if (this.#options.wanted(inside)) await this.#look(inside);
      } else if (!this.#options.ignored(inside)) again = this.#strangeFolder(inside) || again;
    }
    if (!again) return;
    const now = this.#states.get(path);
    if (now) now.mtimeMs = 0;
    this.suspect(path);
  }

  /** The event of a new folder may still be on its way. @returns true when the folder has to be looked at again. */
  #strangeFolder(path: string): boolean {
    const looks = (this.#strange.get(path) ?? 0) + 1;
    this.#strange.set(path, looks);
    if (looks === 2) this.#options.onFolder(path);
    return looks < 2;
  }
}

/** What a symbolic link leads to; undefined when it leads nowhere, in a circle, or where we may not look. */
function target(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

const stateOf = (found: Stats): FileState => ({
  mtimeMs: found.mtimeMs,
  size: found.size,
  ino: found.ino,
  folder: found.isDirectory(),
  missing: false,
});

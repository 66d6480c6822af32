import {realpathSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';

/** How a watched file or folder was at the last look. */
export interface FileState {
  mtimeMs: number;
  size: number;
  ino: number;
  folder: boolean;
  /** The path was missing at the last look: an editor may be about to write the file anew. */
  missing: boolean;
}

export const sameState = (a: FileState, b: FileState): boolean => a.mtimeMs === b.mtimeMs && a.size === b.size && a.ino === b.ino;

/** The states by path. Knows which paths are names of one file: a folder that is reached through a symbolic link is watched under both names. */
export class FileStates {
  readonly #states = new Map<string, FileState>();
  readonly #byInode = new Map<number, Set<string>>();
  /** Where links led from a path, for paths that may lead through one. */
  readonly #real = new Map<string, string>();

  /** The path may lead through a symbolic link that is switched later. */
  mayMove(path: string): void {
    this.#real.set(path, realName(path));
  }

  /** Does a path lead to another place than the last time. */
  moved(path: string): boolean {
    const before = this.#real.get(path);
    if (before === undefined) return false;
    const now = realName(path);
    this.#real.set(path, now);
    return now !== before;
  }

  get(path: string): FileState | undefined {
    return this.#states.get(path);
  }

  has(path: string): boolean {
    return this.#states.has(path);
  }

  /** In the order in which the paths were first set. */
  paths(): IterableIterator<string> {
    return this.#states.keys();
  }

  set(path: string, state: FileState): void {
    if (this.#states.get(path)?.ino !== state.ino) this.#forgetInode(path);
    this.#states.set(path, state);
    if (state.folder) return;
    const names = this.#byInode.get(state.ino);
    if (names) names.add(path);
    else this.#byInode.set(state.ino, new Set([path]));
  }

  delete(path: string): void {
    this.#forgetInode(path);
    this.#states.delete(path);
  }

  /** Other paths at which this very file was found at the last look, by way of symbolic links. A hard link is a file of its own. */
  otherNames(path: string): string[] {
    const names = this.#byInode.get(this.#states.get(path)?.ino ?? -1);
    if (names === undefined || names.size < 2) return [];
    const real = realName(path);
    return [...names].filter((name) => name !== path && realName(name) === real);
  }

  #forgetInode(path: string): void {
    const ino = this.#states.get(path)?.ino;
    const names = ino === undefined ? undefined : this.#byInode.get(ino);
    if (ino === undefined || !names?.delete(path)) return;
    if (names.size === 0) this.#byInode.delete(ino);
  }
}

/** The file itself may be gone. */
function realName(path: string): string {
  try {
    return join(realpathSync.native(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

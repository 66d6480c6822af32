import {realpathSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';

/** A change of one file, by its absolute path. */
export interface FileChange {
  path: string;
  kind: 'add' | 'change' | 'unlink';
}

/** Names of files and folders with tests: new ones beside the application are no part of it. */
const TEST = /(?:^|\/)(?:tests?\/.*|conftest|test_[^/]*|[^/]*_test|tests?)\.py$/;

/**
 * The files that the application has really imported, by what its processes say; each by the name under which it was imported, and by the one that
 * symbolic links to its folder lead to.
 */
export class ImportedFiles {
  readonly #files = new Set<string>();
  readonly #names = new Set<string>();
  /** Real paths of the folders, by name. */
  readonly #folders = new Map<string, string>();
  /** Is anything known at all: until then every change counts. */
  #known = false;

  add(files: readonly string[]): void {
    this.#known = true;
    for (const file of files) {
      this.#files.add(file);
      this.#names.add(file);
      const folder = dirname(file);
      let real = this.#folders.get(folder);
      if (real === undefined) {
        real = realOf(folder);
        this.#folders.set(folder, real).set(real, real);
      }
      if (real !== folder) this.#names.add(join(real, basename(file)));
    }
  }

  /** New code is live: what only the old one had imported does not count any more. */
  clear(): void {
    this.#files.clear();
    this.#names.clear();
    this.#folders.clear();
    this.#known = false;
  }

  all(): Iterable<string> {
    return this.#files;
  }

  /**
   * Does the change matter to the application. A Python file does when it is imported, or comes up where imported ones are (it may be looked for by
   * name); files of other kinds, such as templates, always do.
   */
  matters({path, kind}: FileChange): boolean {
    if (!path.endsWith('.py') || !this.#known) return true;
    const folder = realOf(dirname(path));
    if (this.#names.has(path) || this.#names.has(join(folder, basename(path)))) return true;
    return (
      kind === 'add' &&
      (this.#folders.has(dirname(path)) || this.#folders.has(folder)) &&
      !TEST.test(path) &&
      !basename(path).startsWith('.')
    );
  }
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

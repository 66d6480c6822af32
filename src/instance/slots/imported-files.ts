import {basename, dirname} from 'node:path';

/** A change of one file, by its absolute path. */
export interface FileChange {
  path: string;
  kind: 'add' | 'change' | 'unlink';
}

/** Names of files and folders with tests: new ones beside the application are no part of it. */
const TEST = /(?:^|\/)(?:tests?\/.*|conftest|test_[^/]*|[^/]*_test|tests?)\.py$/;

/** The files that the application has really imported, by what its processes say. */
export class ImportedFiles {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  /** Is anything known at all: until then every change counts. */
  #known = false;

  add(files: readonly string[]): void {
    this.#known = true;
    for (const file of files) {
      this.#files.add(file);
      this.#folders.add(dirname(file));
    }
  }

  /** New code is live: what only the old one had imported does not count any more. */
  clear(): void {
    this.#files.clear();
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
    if (this.#files.has(path)) return true;
    return kind === 'add' && this.#folders.has(dirname(path)) && !TEST.test(path) && !basename(path).startsWith('.');
  }
}

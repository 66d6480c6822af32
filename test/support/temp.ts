import {chmodSync, cpSync, mkdtempSync, realpathSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {afterAll} from 'vitest';

const made = new Set<string>();

afterAll(() => {
  for (const path of made) rmSync(path, {recursive: true, force: true, maxRetries: 3});
});

/**
 * A directory of this test's own, 0755 so that Apache's run user can go through it; removed after the test file.
 * The path is kept short: Apache's sockets must fit in 108 bytes.
 */
export function tempDir(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'wd-')));
  chmodSync(path, 0o755);
  made.add(path);
  return path;
}

/** A copy of a file or folder in a new temporary directory, readable by everybody; returns the copy's path. */
export function tempCopy(source: string): string {
  const target = join(tempDir(), basename(source));
  cpSync(source, target, {recursive: true, filter: (path) => !path.includes('__pycache__')});
  return target;
}

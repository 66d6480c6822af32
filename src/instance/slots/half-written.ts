import {statSync} from 'node:fs';

/** An empty file younger than this may be one that an editor has emptied and not written yet; milliseconds. The agent knows a shorter time. */
const YOUNG = 200;
const PACE = 10;
/** Of thousands of files only so many are looked at. */
const MOST = 1000;

/**
 * Waits for files that have just been emptied: many editors empty a file, then write it, and an empty file is good Python. One that is meant to be
 * empty costs `YOUNG` milliseconds.
 */
export async function written(paths: readonly string[]): Promise<void> {
  const end = performance.now() + YOUNG;
  let rest = paths.slice(0, MOST).filter(isHalf);
  while (rest.length > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, PACE));
    rest = rest.filter(isHalf);
  }
}

function isHalf(path: string): boolean {
  const found = statSync(path, {throwIfNoEntry: false});
  return found !== undefined && found.isFile() && found.size === 0 && Date.now() - found.mtimeMs < YOUNG;
}

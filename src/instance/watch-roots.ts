import {realpathSync} from 'node:fs';
import {dirname, sep} from 'node:path';
import {watchRules} from './watch-rules.ts';

/** A folder of installed packages, such as people give to --python-path: its thousands of files are nobody's work. */
const INSTALLED = /\/(?:site|dist)-packages(?:\/|$)/;

/**
 * The folders to watch, so that no file is watched twice (its save would be two reloads): without those that are watched with another one, whatever
 * symbolic links lead there, and without installed packages. The first, which is the project's, stays unless another one holds it.
 */
export function watchRoots(roots: readonly string[], include: readonly string[], exclude: readonly string[]): string[] {
  const own = roots
    .filter((root, index) => index === 0 || !INSTALLED.test(root))
    .map((root) => ({root, real: realOf(root)}))
    .filter(({real}, index, all) => all.findIndex((one) => one.real === real) === index);
  return own
    .filter(({real}) => !own.some((outer) => outer.real !== real && isSeenFrom(outer.real, real, include, exclude)))
    .map(({root}) => root);
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Does a watch on `outer` reach `inner`. */
function isSeenFrom(outer: string, inner: string, include: readonly string[], exclude: readonly string[]): boolean {
  if (!inner.startsWith(outer.endsWith(sep) ? outer : outer + sep)) return false;
  const rules = watchRules(outer, include, exclude);
  for (let folder = inner; folder !== outer && folder !== dirname(folder); folder = dirname(folder))
    if (rules.ignored(folder, false)) return false;
  return true;
}

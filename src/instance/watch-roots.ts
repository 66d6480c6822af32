import {dirname, sep} from 'node:path';
import {watchRules} from './watch-rules.ts';

/** A folder of installed packages, such as people give to --python-path: its thousands of files are nobody's work. */
const INSTALLED = /\/(?:site|dist)-packages(?:\/|$)/;

/**
 * The folders to watch, so that no file is watched twice (its save would be two reloads): without those that are watched with another one, and without
 * installed packages. The first, which is the project's, always stays.
 */
export function watchRoots(roots: readonly string[], include: readonly string[], exclude: readonly string[]): string[] {
  const own = roots.filter((root, index) => index === 0 || !INSTALLED.test(root));
  return own.filter((root) => !own.some((outer) => outer !== root && isSeenFrom(outer, root, include, exclude)));
}

/** Does a watch on `outer` reach `inner`. */
function isSeenFrom(outer: string, inner: string, include: readonly string[], exclude: readonly string[]): boolean {
  if (!inner.startsWith(outer.endsWith(sep) ? outer : outer + sep)) return false;
  const rules = watchRules(outer, include, exclude);
  for (let folder = inner; folder !== outer && folder !== dirname(folder); folder = dirname(folder))
    if (rules.ignored(folder, false)) return false;
  return true;
}

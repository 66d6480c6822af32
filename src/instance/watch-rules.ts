import {basename, relative, sep} from 'node:path';
import picomatch from 'picomatch';

/** Kinds of files whose change means new code or new templates; others (logs, databases, uploads) never restart a server. */
const WATCHED =
  /\.(py|pyi|pyx|so|wsgi|html?|jinja2?|j2|tmpl|mako|xml|ya?ml|toml|json|ini|cfg|conf|po|mo|sql|graphql)$|^\.env(\.|$)|^\.flaskenv$/;
/** What browsers ask for beside a page. */
const ASSET = /\.(css|m?js|svg|png|jpe?g|gif|webp|avif|ico|woff2?)$/;
/** Folders that hold no source of the application, however deep. */
const IGNORED_FOLDERS = new Set([
  '.git', '.hg', '.svn', '.bzr', '__pycache__', 'node_modules', 'site-packages', '.tox', '.nox', '.venv', 'venv', 'virtualenv',
  '.mypy_cache', '.pytest_cache', '.ruff_cache', '.idea', '.vscode', '.cache', '.eggs', 'htmlcov', 'staticfiles', 'media',
]); // prettier-ignore
/** What editors leave beside the file they save. */
const EDITOR_LEFTOVER = /(~|\.sw[a-px]|\.tmp|\.bak|\.orig|\.pyc|\.pyo)$|^(\.#|#.*#$|4913$|\.goutputstream)/;

export interface WatchRules {
  /** True for paths that the watcher need not look at, folders included. */
  ignored(path: string, isFile: boolean): boolean;
  /** True for files whose change restarts the daemons. */
  relevant(path: string): boolean;
  /** True for other files that a page may have asked for, where they are wanted. */
  asset(path: string): boolean;
}

/**
 * What to watch below `root`. Globs are matched against the path relative to the root and, without a slash, against the file's name; an
 * excluded path wins over everything, an included one over the built-in rules. Of the ignored folders only those are entered that a glob names from the
 * root on (`media/site/*.css`): the others may hold tens of thousands of files.
 */
export function watchRules(root: string, include: readonly string[], exclude: readonly string[], assets = false): WatchRules {
  const included = matcher(include);
  const excluded = matcher(exclude);
  const named = include.map((glob) => `${picomatch.scan(glob.replace(/^\.\//, '')).base}/`);
  const inside = (path: string) => relative(root, path).split(sep).join('/');
  return {
    ignored(path, isFile) {
      const name = basename(path);
      const rel = inside(path);
      if (rel === '') return false;
      if (excluded(rel, name)) return true;
      if (isFile) return !this.relevant(path) && !this.asset(path);
      return IGNORED_FOLDERS.has(name) && !named.some((base) => base.startsWith(`${rel}/`));
    },
    relevant(path) {
      const name = basename(path);
      const rel = inside(path);
      if (excluded(rel, name)) return false;
      if (included(rel, name)) return true;
      if (inIgnoredFolder(rel)) return false;
      return WATCHED.test(name) && !EDITOR_LEFTOVER.test(name);
    },
    asset(path) {
      const name = basename(path);
      const rel = inside(path);
      return assets && ASSET.test(name) && !EDITOR_LEFTOVER.test(name) && !excluded(rel, name) && !inIgnoredFolder(rel);
    },
  };
}

const inIgnoredFolder = (rel: string): boolean => rel.split('/').some((part) => IGNORED_FOLDERS.has(part));

function matcher(globs: readonly string[]): (rel: string, name: string) => boolean {
  const tests = globs.map((glob) => ({test: picomatch(glob.replace(/^\.\//, ''), {dot: true}), bare: !glob.includes('/')}));
  return (rel, name) => tests.some(({test, bare}) => test(rel) || (bare && test(name)));
}

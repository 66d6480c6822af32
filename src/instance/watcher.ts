import {readFileSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {relative} from 'node:path';
import chokidar, {type FSWatcher} from 'chokidar';
import type {FileChange} from './slots/imported-files.ts';
import {watchRules} from './watch-rules.ts';

export interface WatchOptions {
  root: string;
  include: readonly string[];
  exclude: readonly string[];
  /** When the running code was loaded, in milliseconds since the epoch: what was saved after that and before the first scan is a change too. */
  since: number;
  /** One call per batch of saves, with paths relative to the root, and what happened to each. */
  onChange: (files: string[], changes: FileChange[]) => void;
  onProblem: (text: string, remedy: string) => void;
}

/**
 * Milliseconds of quiet that end a batch: of one file, which is what a person saves and waits for; and of several, so that a save-all of an editor or
 * a branch switch is one reload.
 */
const QUIET = 12;
const QUIET_MANY = 100;
/** A batch never waits longer than this, in milliseconds, however long the stream of saves. */
const LONGEST = 1000;

/** Watches the application's source tree; resolves when the first scan is done. */
export async function watchSources(options: WatchOptions): Promise<{close(): Promise<void>}> {
  const rules = watchRules(options.root, options.include, options.exclude);
  const changed = new Map<string, FileChange['kind']>();
  let timer: NodeJS.Timeout | undefined;
  let first = 0;
  const flush = () => {
    const changes = [...changed].map(([path, kind]) => ({path, kind}));
    changed.clear();
    first = 0;
    if (changes.length > 0)
      options.onChange(
        changes.map(({path}) => relative(options.root, path)),
        changes,
      );
  };
  const seen = (path: string, kind: FileChange['kind']) => {
    if (!rules.relevant(path)) return;
    changed.set(path, kind);
    first ||= Date.now();
    clearTimeout(timer);
    const quiet = changed.size === 1 ? QUIET : QUIET_MANY;
    timer = setTimeout(flush, Math.max(0, Math.min(quiet, first + LONGEST - Date.now())));
  };
  const watcher = open(options, rules.ignored.bind(rules));
  watcher.on('error', (error) => {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EMFILE')
      options.onProblem('the kernel has no file watches left: some changes will not be seen', watchCure(code));
    else
      options.onProblem(
        `watching for changes: ${(error as Error).message}`,
        'changes in that place reload nothing; press r to reload by hand',
      );
  });
  let scanned = false;
  watcher.on('add', (path, stats) => {
    if (scanned || (stats !== undefined && stats.mtimeMs > options.since)) seen(path, 'add');
  });
  watcher.on('change', (path) => seen(path, 'change'));
  watcher.on('unlink', (path) => seen(path, 'unlink'));
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  scanned = true;
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

function open(options: WatchOptions, ignored: (path: string, isFile: boolean) => boolean): FSWatcher {
  return chokidar.watch(options.root, {
    alwaysStat: true,
    followSymlinks: false,
    ignored: (path, stats) => (stats ? ignored(path, stats.isFile()) : false),
  });
}

function watchCure(code: string): string {
  if (code === 'EMFILE') return 'raise fs.inotify.max_user_instances (sysctl) or the limit of open files (ulimit -n)';
  const now = limit('/proc/sys/fs/inotify/max_user_watches');
  return `raise it with: sysctl fs.inotify.max_user_watches=${now ? now * 4 : 524288}; or leave folders out with --reload-exclude`;
}

function limit(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8')) || null;
  } catch {
    return null;
  }
}

/** True when the path is a folder that can be watched. */
export async function watchable(root: string): Promise<boolean> {
  return stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

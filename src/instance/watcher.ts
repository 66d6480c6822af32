import {readFileSync} from 'node:fs';
import {stat, statfs} from 'node:fs/promises';
import {join, relative} from 'node:path';
import chokidar, {type FSWatcher} from 'chokidar';
import type {FileChange} from './slots/imported-files.ts';
import {watchRules} from './watch-rules.ts';

export interface WatchOptions {
  root: string;
  include: readonly string[];
  exclude: readonly string[];
  /** A folder in the tree that is not looked into: the server root, where this program itself writes. */
  apart?: string;
  /** When the running code was loaded, in milliseconds since the epoch: what was saved after that and before the first scan is a change too. */
  since: number;
  /** One call per batch of saves, with paths relative to the root, and what happened to each. */
  onChange: (files: string[], changes: FileChange[]) => void;
  onProblem: (text: string, remedy: string) => void;
  /** The same for what pages ask for beside code and templates; not looked at without. */
  onAssets?: (files: string[]) => void;
}

/**
 * Milliseconds of quiet that end a batch: of one file, which is what a person saves and waits for; and of several, so that a save-all of an editor or
 * a branch switch is one reload.
 */
const QUIET = 12;
const QUIET_MANY = 100;
/** Milliseconds between two looks at files whose changes nobody tells of. */
const POLL = 1000;
/** A batch never waits longer than this, in milliseconds, however long the stream of saves. */
const LONGEST = 1000;

/** Packages that are installed, not worked on. */
const INSTALLED = /\/(?:site|dist)-packages\//;
/** Magic numbers of file systems whose changes are made elsewhere (statfs(2)): NFS, SMB, CIFS, 9p, VirtualBox, AFS, Ceph. */
const ELSEWHERE = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x786f4256, 0x5346414f, 0x00c36400]);

async function isWithoutEvents(root: string): Promise<boolean> {
  return statfs(root).then(
    ({type}) => ELSEWHERE.has(type >>> 0),
    () => false,
  );
}

export interface SourceWatch {
  /** Watches these files too, where they are outside of the root and not of an installed package. */
  also(files: Iterable<string>): void;
  close(): Promise<void>;
}

/** Watches the application's source tree; resolves when the first scan is done. Where the kernel tells of no changes, it looks once a second. */
export async function watchSources(options: WatchOptions): Promise<SourceWatch> {
  const rules = watchRules(options.root, options.include, options.exclude, options.onAssets !== undefined);
  const changed = new Map<string, FileChange['kind']>();
  let timer: NodeJS.Timeout | undefined;
  let first = 0;
  const flush = () => {
    const all = [...changed].map(([path, kind]) => ({path, kind}));
    const changes = all.filter(({path}) => rules.relevant(path));
    const assets = all.filter(({path}) => !rules.relevant(path));
    if (assets.length > 0) options.onAssets?.(assets.map(({path}) => path));
    changed.clear();
    first = 0;
    if (changes.length > 0)
      options.onChange(
        changes.map(({path}) => relative(options.root, path)),
        changes,
      );
  };
  const seen = (path: string, kind: FileChange['kind']) => {
    if (!rules.relevant(path) && !rules.asset(path)) return;
    changed.set(path, kind);
    first ||= Date.now();
    arm();
  };
  const arm = () => {
    clearTimeout(timer);
    const quiet = changed.size === 1 && stirred.size <= 1 ? QUIET : QUIET_MANY;
    timer = setTimeout(flush, Math.max(0, Math.min(quiet, first + LONGEST - Date.now())));
  };
  /** Files that the kernel has told of lately: it takes a while until it is known what has become of them, and a batch waits for that. */
  const stirred = new Set<string>();
  let stirredAt = 0;
  const stir = (path: string) => {
    if (!rules.relevant(path) && !rules.asset(path)) return;
    const now = Date.now();
    if (now - stirredAt > QUIET_MANY) stirred.clear();
    stirredAt = now;
    stirred.add(path);
    if (changed.size > 0) arm();
  };
  const further = new Set<string>();
  const known = new Set<string>();
  let polling = await isWithoutEvents(options.root);
  if (polling)
    options.onProblem(
      `${options.root} is on a file system that tells of no changes: it is looked at once a second`,
      'a folder on a disk of this machine reloads faster',
    );
  let watcher: FSWatcher;
  let closed = false;
  /** Settles when another watcher has taken the place of this one. */
  let replaced = Promise.withResolvers<void>();
  const open = async (since: number): Promise<void> => {
    let scanned = false;
    const opened = chokidar.watch([options.root, ...further], {
      alwaysStat: true,
      followSymlinks: false,
      ignored: (path, stats) => path === options.apart || (stats ? rules.ignored(path, stats.isFile()) : false),
      ...(polling ? {usePolling: true, interval: POLL, binaryInterval: POLL} : {}),
    });
    watcher = opened;
    opened.on('error', (error) => trouble(error as NodeJS.ErrnoException));
    opened.on('add', (path, stats) => {
      // What is watched from now on is no news by itself.
      if (further.has(path) && !known.has(path)) known.add(path);
      else if (scanned || (stats !== undefined && stats.mtimeMs > since)) seen(path, 'add');
    });
    opened.on('raw', (_event, name, details) => {
      const {watchedPath} = details as {watchedPath?: string};
      if (watchedPath !== undefined && name !== null) stir(join(watchedPath, name));
    });
    opened.on('change', (path) => seen(path, 'change'));
    opened.on('unlink', (path) => seen(path, 'unlink'));
    // One that is closed before it is ready never says so.
    await Promise.race([new Promise<void>((resolve) => opened.once('ready', () => resolve())), replaced.promise]);
    scanned = true;
  };
  const trouble = ({code, message}: NodeJS.ErrnoException) => {
    if (code !== 'ENOSPC' && code !== 'EMFILE')
      return options.onProblem(`watching for changes: ${message}`, 'changes in that place reload nothing; press r to reload by hand');
    if (polling || closed) return;
    polling = true;
    options.onProblem('the kernel has no file watches left: files are looked at once a second instead', watchCure(code));
    void reopen(Date.now());
  };
  const reopen = async (since: number): Promise<void> => {
    await watcher.close();
    const before = replaced;
    replaced = Promise.withResolvers<void>();
    if (!closed) await open(since);
    before.resolve();
  };
  await open(options.since);
  return {
    also(files) {
      for (const file of files) {
        if (further.has(file) || INSTALLED.test(file) || !relative(options.root, file).startsWith('..') || !rules.relevant(file)) continue;
        further.add(file);
        watcher.add(file);
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await watcher.close();
    },
  };
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

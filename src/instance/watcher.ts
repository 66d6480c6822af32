import {readFileSync} from 'node:fs';
import {realpath, stat, statfs} from 'node:fs/promises';
import {join, relative} from 'node:path';
import chokidar, {type FSWatcher} from 'chokidar';
import {SecondLook} from './second-look.ts';
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
/** The kernel's clock for files lags by up to a tick, in milliseconds. */
const TICK = 10;
/** A timer that fires so many milliseconds late tells of a busy machine. */
const STALL = 20;
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
  /**
   * Watches these files too, where the watch on the root does not see them and they are of no installed package.
   * @param since when the code that imported them was loaded, in milliseconds since the epoch: what was saved after that is a change.
   */
  also(files: Iterable<string>, since?: number): void;
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
  const seen = (path: string, kind: FileChange['kind']): void => {
    if (!rules.relevant(path) && !rules.asset(path)) return;
    // A new file that is written in two steps stays a new one.
    changed.set(path, kind === 'change' && changed.get(path) === 'add' ? 'add' : kind);
    first ||= Date.now();
    arm();
  };
  const arm = () => {
    clearTimeout(timer);
    const quiet = changed.size === 1 && stirred.size <= 1 ? QUIET : QUIET_MANY;
    const ms = Math.max(0, Math.min(quiet, first + LONGEST - Date.now()));
    const due = performance.now() + ms;
    timer = setTimeout(() => {
      // This process got no processor for a while: events may wait to be read, so that was no quiet.
      if (performance.now() - due > STALL && first + LONGEST > Date.now()) arm();
      else flush();
    }, ms);
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
  /** Files beside the root, and when the code was loaded that imported them. */
  const further = new Map<string, number>();
  const known = new Set<string>();
  let polling = await isWithoutEvents(options.root);
  if (polling)
    options.onProblem(
      `${options.root} is on a file system that tells of no changes: it is looked at once a second`,
      'a folder on a disk of this machine reloads faster',
    );
  let watcher: FSWatcher;
  let closed = false;
  /** The folder that is watched: the root may be a symbolic link to it, and the link may be switched to another one. */
  let folder = options.root;
  /** The name under which the application knows a path. */
  const named = (path: string) => (path === folder || path.startsWith(`${folder}/`) ? options.root + path.slice(folder.length) : path);
  const apart = (path: string) => path === options.apart || named(path) === options.apart;
  const looks = new SecondLook({
    root: options.root,
    wanted: (path) => rules.relevant(path) || rules.asset(path),
    ignored: (path) => apart(path) || rules.ignored(path, false),
    onChange: seen,
    onFolder: (path) => void watcher.add(folder + path.slice(options.root.length)),
    onReplaced: (path) => void (path === options.root && reopen(0)),
  });
  /** Settles when another watcher has taken the place of this one. */
  let replaced = Promise.withResolvers<void>();
  const open = async (since: number, again = false): Promise<void> => {
    folder = await realpath(options.root).catch(() => options.root);
    let scanned = false;
    const opened = chokidar.watch([folder, ...further.keys()], {
      alwaysStat: true,
      followSymlinks: false,
      ignored: (path, stats) => apart(path) || (stats ? rules.ignored(named(path), stats.isFile()) : false),
      ...(polling ? {usePolling: true, interval: POLL, binaryInterval: POLL} : {}),
    });
    watcher = opened;
    opened.on('error', (error) => trouble(error as NodeJS.ErrnoException));
    opened.on('add', (real, stats) => {
      const path = named(real);
      const before = looks.has(path);
      // A file that is watched from now on is no news, unless its code was loaded before the file was saved.
      const first = further.has(path) && !known.has(path);
      if (first) known.add(path);
      if (!looks.take(path, stats)) return;
      const loaded = first ? further.get(path)! : since;
      if (before) seen(path, 'change');
      else if ((scanned && !first) || (stats !== undefined && stats.mtimeMs > loaded - TICK)) seen(path, 'add');
    });
    opened.on('addDir', (real, stats) => void looks.take(named(real), stats));
    opened.on('raw', (_event, name, details) => {
      const {watchedPath} = details as {watchedPath?: string};
      if (watchedPath === undefined || name === null) return;
      const path = named(join(watchedPath, name));
      stir(path);
      looks.suspect(named(watchedPath));
      if (rules.relevant(path) || rules.asset(path)) looks.suspect(path);
    });
    opened.on('change', (real, stats) => {
      const path = named(real);
      if (looks.take(path, stats)) seen(path, 'change');
    });
    opened.on('unlink', (real) => {
      const path = named(real);
      // Where the machine is busy, a rename over a file may be told as an end and, much later, as a new file: that is one change.
      stat(real).then(
        (found) => !closed && looks.take(path, found) && seen(path, 'change'),
        () => !closed && looks.end(path) && seen(path, 'unlink'),
      );
    });
    opened.on('unlinkDir', (real) => void (real !== folder && looks.drop(named(real))));
    // One that is closed before it is ready never says so.
    await Promise.race([new Promise<void>((resolve) => opened.once('ready', () => resolve())), replaced.promise]);
    scanned = true;
    // Where the kernel tells of nothing, all is looked at anyway.
    if (watcher === opened && !polling && !closed) looks.start(again);
  };
  const trouble = ({code, message}: NodeJS.ErrnoException) => {
    if (code !== 'ENOSPC' && code !== 'EMFILE')
      return options.onProblem(`watching for changes: ${message}`, 'changes in that place reload nothing; press r to reload by hand');
    if (polling || closed) return;
    polling = true;
    options.onProblem('the kernel has no file watches left: files are looked at once a second instead', watchCure(code));
    void reopen(Date.now());
  };
  /** One after the other: each closes the watcher of the one before. */
  let reopening = Promise.resolve();
  const reopen = (since: number): Promise<void> => {
    reopening = reopening.then(async () => {
      looks.stop();
      await watcher.close();
      const before = replaced;
      replaced = Promise.withResolvers<void>();
      if (!closed) await open(since, true);
      before.resolve();
    });
    return reopening;
  };
  await open(options.since);
  return {
    also(files, since = options.since) {
      for (const file of files) {
        if (further.has(file) || looks.has(file) || INSTALLED.test(file) || !rules.relevant(file)) continue;
        further.set(file, since);
        looks.mayMove(file);
        watcher.add(file);
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      looks.stop();
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

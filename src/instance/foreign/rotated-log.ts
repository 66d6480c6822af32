import {linkSync, readdirSync, renameSync, statSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';

/** Milliseconds between two looks for a newer file. */
const EVERY = 500;

/** What stands before the date in the names that rotatelogs makes; null when an ErrorLog is no such pipe. */
export function rotatedPrefix(errorLog: string): string | null {
  return /^\|\S*rotatelogs\b.*?\s(\/\S*?\.)%/.exec(errorLog)?.[1] ?? null;
}

/**
 * Gives a log that rotatelogs writes, into one file with a date in its name after the other, a name that stays: a hard link to the newest. The
 * follower sees another file there and reads the older one to its end.
 * @param link in a folder of ours, on the same file system.
 * @param since files not written to since then belong to earlier runs; milliseconds since the epoch.
 * @returns what ends it; null when there can be no such link.
 */
export function nameNewest(prefix: string, link: string, since: number): (() => void) | null {
  let inode = -1;
  const look = () => {
    const newest = newestOf(prefix, since);
    if (newest === null || newest.ino === inode) return;
    linkSync(newest.path, `${link}.new`);
    renameSync(`${link}.new`, link);
    inode = newest.ino;
  };
  try {
    if (statSync(dirname(prefix)).dev !== statSync(dirname(link)).dev) return null;
    look();
  } catch {
    return null;
  }
  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // Rotated away in this very moment: the next look finds the next one.
    }
  }, EVERY);
  return () => clearInterval(timer);
}

/** Names end in a date from the year to the second, so the last is the newest. */
function newestOf(prefix: string, since: number): {path: string; ino: number} | null {
  const name = readdirSync(dirname(prefix))
    .filter((one) => one.startsWith(basename(prefix)))
    .toSorted()
    .at(-1);
  if (name === undefined) return null;
  const path = join(dirname(prefix), name);
  const {ino, mtimeMs} = statSync(path);
  return mtimeMs < since ? null : {path, ino};
}

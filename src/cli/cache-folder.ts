import {existsSync, lstatSync, mkdirSync, realpathSync} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';

/** Mode bits: others may write; what is in such a folder belongs to its owner all the same. */
const OTHERS = 0o022;
const STICKY = 0o1000;

/** Can nobody but us and root put something in the place of this folder, or of one above it. @param path absolute, without links. */
function isSafe(path: string): boolean {
  const {uid, mode} = lstatSync(path);
  if (uid !== 0 && uid !== process.getuid!()) return false;
  if ((mode & OTHERS) !== 0 && (mode & STICKY) === 0) return false;
  return path === '/' || isSafe(dirname(path));
}

/** A folder of ours that nobody else can write to. */
function isOurs(path: string): boolean {
  const info = lstatSync(path);
  return info.isDirectory() && info.uid === process.getuid!() && (info.mode & OTHERS) === 0;
}

/** Step by step: Node's recursive way never ends below /proc (24.21). Null when somebody else decides what is there. */
function safePlace(): string | null {
  const given = process.env['XDG_CACHE_HOME'];
  const above = given && given[0] === '/' ? dirname(given) : homedir();
  const place = given && given[0] === '/' ? given : join(above, '.cache');
  if (place[0] !== '/') return null;
  if (!existsSync(place)) {
    // With `sudo -E` the home is somebody else's: what root made there, its owner could not use.
    if (!isSafe(realpathSync(above)) || lstatSync(realpathSync(above)).uid !== process.getuid!()) return null;
    mkdirSync(place, {mode: 0o700});
  }
  const real = realpathSync(place);
  return isSafe(real) && lstatSync(real).uid === process.getuid!() ? real : null;
}

/**
 * Where compiled code is kept between starts: `wsgideck` in $XDG_CACHE_HOME or ~/.cache, made when it is missing. Null when there is no such place
 * that is ours alone, or $NODE_DISABLE_COMPILE_CACHE is set: whoever can write there, or to a folder above it, decides what we run. (Node's own choice
 * is in the temporary directory, where anybody may have been first.)
 */
export function cacheFolder(): string | null {
  if (process.env['NODE_DISABLE_COMPILE_CACHE']) return null;
  try {
    const place = safePlace();
    if (place === null) return null;
    const folder = join(place, 'wsgideck');
    if (!existsSync(folder)) mkdirSync(folder, {mode: 0o700});
    return isOurs(folder) ? folder : null;
  } catch {
    return null;
  }
}

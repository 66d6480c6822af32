import {existsSync, lstatSync, mkdirSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';

/** Nobody else can write there: whoever can, decides what we run. */
function isOurs(path: string): boolean {
  const info = lstatSync(path);
  return (info.isDirectory() || path === homedir()) && info.uid === process.getuid!() && (info.mode & 0o022) === 0;
}

/**
 * Where compiled code is kept between starts: `wsgideck` in $XDG_CACHE_HOME or ~/.cache, made when it is missing. Null when there is no such place
 * that is ours alone, or $NODE_DISABLE_COMPILE_CACHE is set. (Node's own choice is in the temporary directory, where anybody may have been first.)
 */
export function cacheFolder(): string | null {
  if (process.env['NODE_DISABLE_COMPILE_CACHE']) return null;
  const given = process.env['XDG_CACHE_HOME'];
  const place = given && given[0] === '/' ? given : join(homedir(), '.cache');
  const folder = join(place, 'wsgideck');
  try {
    return isOurs(folder) ? folder : null;
  } catch {
    // Not there yet.
  }
  try {
    // With `sudo -E` the home is somebody else's: what root made there, its owner could not use.
    if (!given && !isOurs(homedir())) return null;
    // Step by step: Node's recursive way never ends below /proc (24.21).
    if (!existsSync(place)) mkdirSync(place, {mode: 0o700});
    mkdirSync(folder, {mode: 0o700});
    return isOurs(folder) ? folder : null;
  } catch {
    return null;
  }
}

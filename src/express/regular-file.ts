import {closeSync, constants, fstatSync, lstatSync, openSync, readSync} from 'node:fs';

/** What `lstat` and a folder's list tell of a name. */
export interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/**
 * Text of a file that another user may have put there: read only when it is a regular file, and at most `limit` bytes of it, so that neither a pipe nor
 * a device holds us up. Null when it cannot be read.
 */
export function readRegular(path: string, limit: number, encoding: 'utf8' | 'latin1' = 'utf8'): string | null {
  try {
    return readRegularOrThrow(path, limit, encoding);
  } catch {
    return null;
  }
}

/** The same. @throws the system's error, or one that names what is there instead of a file. */
export function readRegularOrThrow(path: string, limit: number, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = fstatSync(fd);
    if (!info.isFile()) throw new Error(`${path} is ${kindOf(info)}`);
    const buffer = Buffer.alloc(Math.min(info.size, limit));
    return buffer.toString(encoding, 0, readSync(fd, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a file for writing. A named pipe without a reader does not hold us up.
 * @throws Error in one line when something other than a regular file has that name, or the system's error.
 */
export function openRegular(path: string, flags: number, mode: number): number {
  let fd: number;
  try {
    fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, mode);
  } catch (error) {
    const text = inTheWay(path);
    throw text === null ? error : new Error(text, {cause: error});
  }
  const info = fstatSync(fd);
  if (info.isFile()) return fd;
  closeSync(fd);
  throw new Error(`${path} is ${kindOf(info)}; remove it`);
}

/** In words. */
export function kindOf(info: Kind): string {
  if (info.isFile()) return 'a file';
  if (info.isDirectory()) return 'a folder';
  if (info.isSymbolicLink()) return 'a link';
  if (info.isFIFO()) return 'a named pipe';
  return info.isSocket() ? 'a socket' : 'a device';
}

/** What stands where a regular file belongs, with the remedy, in one line; null for such a file, for nothing, and for what cannot be seen. */
export function inTheWay(path: string): string | null {
  try {
    const info = lstatSync(path, {throwIfNoEntry: false});
    return info === undefined || info.isFile() ? null : `${path} is ${kindOf(info)}; remove it`;
  } catch {
    return null;
  }
}

import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';

/**
 * Text of a file that another user may have put there: read only when it is a regular file, and at most `limit` bytes of it, so that neither a pipe nor
 * a device holds us up. Null when it cannot be read.
 */
export function readRegular(path: string, limit: number, encoding: 'utf8' | 'latin1' = 'utf8'): string | null {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = fstatSync(fd);
    if (!info.isFile()) return null;
    const buffer = Buffer.alloc(Math.min(info.size, limit));
    return buffer.toString(encoding, 0, readSync(fd, buffer, 0, buffer.length, 0));
  } catch {
    return null;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

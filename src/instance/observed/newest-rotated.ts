import {readdirSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {rotatedPrefix} from '../foreign/rotated-log.ts';

/**
 * The newest of the files that rotatelogs writes; null for another program, or when there is none. The names end in a date from the year to the second,
 * so the last is the newest.
 */
export function newestRotated(command: string): string | null {
  const prefix = rotatedPrefix(`|${command}`);
  if (prefix === null) return null;
  try {
    const name = readdirSync(dirname(prefix))
      .filter((one) => one.startsWith(basename(prefix)))
      .toSorted()
      .at(-1);
    return name === undefined ? null : join(dirname(prefix), name);
  } catch {
    return null;
  }
}

import {readFileSync} from 'node:fs';
import {isatty} from '../express/syscalls.ts';

/** Is any of our standard streams a terminal. */
export const onTerminal = (): boolean => [0, 1, 2].some(isatty);

/** True when a dashboard can be shown: a terminal to read keys from and to draw on, and ours to use (not `wsgideck … &`). */
export function hasTerminal(): boolean {
  return isatty(0) && isatty(1) && process.env['TERM'] !== 'dumb' && inForeground();
}

/** A background job that touches the terminal's modes is stopped by the kernel. */
export function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return true;
  }
}

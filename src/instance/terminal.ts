import {readFileSync} from 'node:fs';
import {isatty} from 'node:tty';

const hadTerminal = [0, 1, 2].some((fd) => isatty(fd));

/** True when a dashboard can be shown: a terminal to read keys from and to draw on, and ours to use (not `wsgideck … &`). */
export function hasTerminal(): boolean {
  return isatty(0) && isatty(1) && process.env['TERM'] !== 'dumb' && inForeground();
}

/** A background job that touches the terminal's modes is stopped by the kernel. */
function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return true;
  }
}

/** A hang-up takes the terminal away while the file descriptors stay open: then none of those that were terminals is one any more. */
export function terminalGone(): boolean {
  return hadTerminal && ![0, 1, 2].some((fd) => isatty(fd));
}

import {isatty} from 'node:tty';

const hadTerminal = [0, 1, 2].some((fd) => isatty(fd));

/** True when a dashboard can be shown: a terminal to read keys from and to draw on. */
export function hasTerminal(): boolean {
  return isatty(0) && isatty(1) && process.env['TERM'] !== 'dumb';
}

/** A hang-up takes the terminal away while the file descriptors stay open: then none of those that were terminals is one any more. */
export function terminalGone(): boolean {
  return hadTerminal && ![0, 1, 2].some((fd) => isatty(fd));
}

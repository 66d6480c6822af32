import {exitAtOnce} from '../express/syscalls.ts';

/** Milliseconds for last words. */
const LAST_WORDS = 1000;

/**
 * For a command that catches signals, once it is done: a second later it ends, whoever has not read what it printed. Without this a write that nobody takes
 * would keep the process for ever. Does nothing when it ends by itself before.
 */
export function endSoon(): void {
  setTimeout(() => exitAtOnce(Number(process.exitCode ?? 0)), LAST_WORDS).unref();
}

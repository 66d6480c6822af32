import {isatty} from 'node:tty';
import {hasTerminal} from './terminal.ts';
import type {TerminalPane} from './terminal-pane.ts';

const CTRL_C = '\u0003';
/** Characters of one piece of input; a paste may be longer. */
const PIECE = 4096;

/**
 * Debug mode without a dashboard: our terminal is the program's. What it prints is printed as it is, what is typed goes to it, but for Ctrl-C, which
 * ends the server here as everywhere.
 * @returns the function that gives the terminal back.
 */
export function passThrough(pane: TerminalPane, print: (text: string) => void, onInterrupt: () => void): () => void {
  const unlisten = pane.listen((chunk) => print(chunk.toString('utf8')));
  const {stdin, stdout} = process;
  if (!hasTerminal() || !stdin.isTTY) return unlisten;

  const typed = (text: string) => {
    const stop = text.indexOf(CTRL_C);
    const keys = stop < 0 ? text : text.slice(0, stop);
    for (let from = 0; from < keys.length; from += PIECE) pane.input(keys.slice(from, from + PIECE));
    if (stop >= 0) onInterrupt();
  };
  const resized = () => {
    if (isatty(1) && stdout.columns > 0) pane.resize(stdout.columns, stdout.rows);
  };
  stdin.setEncoding('utf8');
  stdin.setRawMode(true);
  stdin.on('data', typed);
  // The end of the terminal is heard of elsewhere, as a signal.
  stdin.on('error', () => {});
  stdout.on('resize', resized);
  resized();
  return () => {
    unlisten();
    stdout.off('resize', resized);
    stdin.off('data', typed);
    stdin.pause();
    try {
      stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  };
}

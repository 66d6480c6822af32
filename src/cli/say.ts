import type {Problem} from '../express/index.ts';
import {safeText} from '../terminal/safe-text.ts';

/** One line of ours on standard error; names and messages of others in it cannot act on the terminal. */
export function say(text: string): void {
  process.stderr.write(`wsgideck: ${safeText(text)}\n`);
}

/** Says what stands in the way of a start, each problem in a line, and sets the exit status that goes with it. */
export function refuse(problems: readonly Problem[]): void {
  for (const {severity, text} of problems) say(severity === 'warning' ? `warning: ${text}` : `error: ${text}`);
  process.exitCode = 1;
}

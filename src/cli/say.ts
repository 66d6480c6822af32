import type {Problem} from '../express/index.ts';
import {inTheWay} from '../express/regular-file.ts';
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

/** The system's words for what is no file where one belongs. */
const IN_THE_WAY = new Set(['EISDIR', 'ERR_FS_EISDIR', 'ELOOP', 'ENXIO', 'ENODEV']);

/** What the system has said to something of ours, as a problem with its cure where that is known. */
export function systemProblem(error: unknown): Problem {
  const {code, path, dest, message} = error as NodeJS.ErrnoException & {dest?: string};
  const where = dest ?? path;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return {
      severity: 'error',
      text: `no room left on the disk${where === undefined ? '' : ` for ${where}`}; make some, or give a --server-root on another one`,
    };
  // Something else has the name of a file or folder of ours.
  const there = where === undefined || !IN_THE_WAY.has(code ?? '') ? null : inTheWay(where);
  if (there !== null) return {severity: 'error', text: there};
  return {severity: 'error', text: error instanceof Error ? message : String(error)};
}

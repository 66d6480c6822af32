import type {ServerPlan} from '../plan/server-plan.ts';
import {quote} from './quote.ts';

/** A word for the command of a piped log: Apache splits it as a shell would, and rotatelogs fills in the time for what follows a `%`. */
const piped = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** End of the names that rotatelogs gives its files. */
const TIME = '.%Y-%m-%d-%H_%M_%S';

/**
 * Where a log goes: its file, or rotatelogs. Then the plain name is a (hard) link to the file that is being written, so that readers find it where
 * it always is.
 */
export function logTarget(plan: ServerPlan, path: string): string {
  if (plan.rotation === null) return quote(path);
  const {program, megabytes} = plan.rotation;
  return quote(`|${piped(program)} -L ${piped(path)} ${piped(path.replaceAll('%', '%%') + TIME)} ${megabytes}M`);
}

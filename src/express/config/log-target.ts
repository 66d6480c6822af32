import {closeSync, existsSync, openSync} from 'node:fs';
import type {ServerPlan} from '../plan/server-plan.ts';
import {quote} from './quote.ts';

/** A word for the command of a piped log: Apache splits it as a shell would, and rotatelogs fills in the time for what follows a `%`. */
const piped = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** End of the names that rotatelogs gives its files. */
const TIME = '.%Y-%m-%d-%H_%M_%S';

/** What --log-to-terminal makes of the logs of a server that is only set up. */
const STREAMS = new Set(['/dev/stdout', '/dev/stderr']);
const TEE = ['/usr/bin/tee', '/bin/tee'];

/** A socket (under some service managers) cannot be opened by its name. Then Apache writes to a program that prints, as in the original. */
function opens(path: string): boolean {
  try {
    closeSync(openSync(path, 'a'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Where a log goes: its file, a stream of Apache's own, or rotatelogs. Then the plain name is a (hard) link to the file that is being written, so that readers find it where
 * it always is.
 */
export function logTarget(plan: ServerPlan, path: string): string {
  if (STREAMS.has(path)) return quote(opens(path) ? path : `|${TEE.find((program) => existsSync(program)) ?? 'tee'}`);
  if (plan.rotation === null) return quote(path);
  const {program, megabytes} = plan.rotation;
  return quote(`|${piped(program)} -L ${piped(path)} ${piped(path.replaceAll('%', '%%') + TIME)} ${megabytes}M`);
}

/**
 * Severity of what an application wrote. mod_wsgi logs every print() at `error`; taken at its word, a list of problems would be full
 * of greetings. So a line counts as what it says about itself, and as `info` when it says nothing.
 */
import type {LogLevel} from '../../model/log.ts';

const NAMED = /(?:^|[\s[|:(-])(CRITICAL|FATAL|ERROR|WARNING|WARN|NOTICE|INFO|DEBUG)(?=$|[\s\]|:),-])/;
const LEVELS: Record<string, LogLevel> = {
  CRITICAL: 'crit',
  FATAL: 'crit',
  ERROR: 'error',
  WARNING: 'warn',
  WARN: 'warn',
  NOTICE: 'notice',
  INFO: 'info',
  DEBUG: 'debug',
};
/** `/srv/app/views.py:55: DeprecationWarning: old thing`, as the warnings module prints it. */
const WARNING_CLASS = /^\S.*:\d+: \w*Warning: /;
/** An exception's own line that came without its traceback. */
const EXCEPTION = /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)(?:: |$)/;
const LOOK_AT = 120;

/** Level of one line of an application's output. */
export function appLevel(text: string): LogLevel {
  const named = NAMED.exec(text.length > LOOK_AT ? text.slice(0, LOOK_AT) : text);
  if (named) return LEVELS[named[1]!]!;
  if (text.startsWith('Fatal Python error')) return 'crit';
  if (EXCEPTION.test(text)) return 'error';
  return WARNING_CLASS.test(text) ? 'warn' : 'info';
}

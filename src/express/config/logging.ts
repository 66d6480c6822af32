import type {ServerPlan} from '../plan/server-plan.ts';
import {DECK_ACCESS_FORMAT, ERROR_LOG_FORMAT} from '../log-formats.ts';
import {withoutLivePages} from './live-pages.ts';
import {logTarget} from './log-target.ts';
import {quote, section} from './quote.ts';

const ORDER = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'];
const rank = (level: string): number => (level.startsWith('trace') ? ORDER.length + Number(level.slice(5)) : ORDER.indexOf(level));

/**
 * The user's log level, with mod_wsgi at info or finer. At Apache's default level everything that mod_wsgi says about why a process went
 * away is hidden, stack dumps included.
 */
export function logLevel(given: string): string {
  const words = given.trim().toLowerCase().split(/\s+/);
  let effective = -1;
  for (const word of words) {
    if (!word.includes(':')) effective = rank(word);
    else if (/^(?:mod_)?wsgi(?:_module|\.c)?:/.test(word)) effective = rank(word.slice(word.indexOf(':') + 1));
  }
  return effective >= rank('info') ? words.join(' ') : `${words.join(' ')} wsgi:info`;
}

/** Does the configuration have mod_wsgi log more than the user has asked for. */
export const addsModWsgi = (given: string): boolean => logLevel(given) !== given.trim().toLowerCase().split(/\s+/).join(' ');

/** Known by these names in included files as well. */
const NAMED_FORMATS: Record<string, string> = {
  common: '%h %l %u %t \\"%r\\" %>s %b',
  combined: '%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-agent}i\\"',
};

/** A format string as a word: its quotes are escaped, but its backslashes are the format's own (`\t`, `\"`) unless they end it. */
const quoteFormat = (text: string): string => `"${text.replaceAll(/\\?"/g, '\\"').replace(/\\$/, '\\\\')}"`;

/** The error log, the access log the user asked for, and our private one. */
export function loggingSection(plan: ServerPlan): string {
  const {options, paths} = plan;
  const lines = [
    `ErrorLog ${logTarget(plan, paths.errorLog)}`,
    `LogLevel ${logLevel(options.logLevel)}`,
    `ErrorLogFormat ${quoteFormat(options.errorLogFormat ?? ERROR_LOG_FORMAT)}`,
  ];
  if (paths.accessLog !== null) {
    const format = options.accessLogFormat ?? 'common';
    const custom = NAMED_FORMATS[format] === undefined;
    lines.push(
      ...Object.entries(NAMED_FORMATS).map(([name, text]) => `LogFormat "${text}" ${name}`),
      ...(custom ? [`LogFormat ${quoteFormat(format)} custom`] : []),
      `CustomLog ${logTarget(plan, paths.accessLog)} ${custom ? 'custom' : format}${withoutLivePages(plan)}`,
    );
  }
  const ours = plan.modules.countsBytes ? DECK_ACCESS_FORMAT : DECK_ACCESS_FORMAT.replace('%O', '%B');
  // Only under a supervisor: without one (apachectl) nobody would keep this file short.
  lines.push('<IfDefine WSGIDECK>', `CustomLog ${quote(paths.deckAccessLog)} "${ours}"${withoutLivePages(plan)}`, '</IfDefine>');
  return section('Logs', lines);
}

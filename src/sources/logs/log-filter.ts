/** A person's filter -> one function, compiled once. */
import type {LogFilter} from '../../model/commands.ts';
import {isChatter, LOG_LEVELS, type LogEntry} from '../../model/log.ts';
import {compilePattern, patternError} from '../../model/text-pattern.ts';

export interface CompiledFilter {
  matches: (entry: LogEntry) => boolean;
  /** Lets every entry through. */
  everything: boolean;
  /** Holds a regular expression of the user's, which may take for ever on some line: run it only under a guard. */
  risky: boolean;
}

/**
 * Text: a regular expression, case-insensitive unless it holds a capital letter; a leading `!` keeps what does not match. It is tried on
 * the message, its code, the request's id, the process (when it holds a digit), and the lines of a folded entry.
 */
export function compileFilter(filter: LogFilter): CompiledFilter | {error: string} {
  const {level, pid} = filter;
  const sources = filter.sources && filter.sources.length > 0 ? new Set(filter.sources) : null;
  const levels = level ? new Set<string>(LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1)) : null;
  const input = filter.text ?? '';
  const pattern = input.startsWith('!') ? input.slice(1) : input;
  const quiet = filter.quiet === true;
  let text: ReturnType<typeof compileText> | null = null;
  try {
    if (pattern !== '') text = compileText(pattern, input.startsWith('!'));
  } catch (error) {
    return {error: patternError(error)};
  }
  return {
    everything: !text && !sources && !levels && !quiet && pid === undefined,
    risky: text?.risky === true,
    matches: (entry) =>
      (levels === null || levels.has(entry.level)) &&
      (sources === null || sources.has(entry.source)) &&
      (pid === undefined || entry.pid === pid) &&
      !(quiet && isChatter(entry)) &&
      (text === null || text.matches(entry)),
  };
}

function compileText(pattern: string, inverse: boolean): {matches: (entry: LogEntry) => boolean; risky: boolean} {
  const {test, risky} = compilePattern(pattern);
  const digits = /\d/.test(pattern);
  const found = (entry: LogEntry): boolean =>
    test(entry.text) ||
    (entry.requestId !== undefined && test(entry.requestId)) ||
    (entry.code !== undefined && test(entry.code)) ||
    (digits && entry.pid !== undefined && test(String(entry.pid))) ||
    (entry.more !== undefined && entry.more.some((line) => test(line)));
  return {risky, matches: inverse ? (entry) => !found(entry) : found};
}

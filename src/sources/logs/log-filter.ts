/** A person's filter -> one function, compiled once. */
import type {LogFilter} from '../../model/commands.ts';
import {LOG_LEVELS, type LogEntry} from '../../model/log.ts';

export interface CompiledFilter {
  matches: (entry: LogEntry) => boolean;
  /** Lets every entry through. */
  everything: boolean;
  /** Holds a regular expression of the user's, which may take for ever on some line: run it only under a guard. */
  risky: boolean;
}

/** Longest text that a regular expression of the user's is tried on: what one can cost grows with it. */
const TRY_ON = 4096;
const PLAIN = /^[^\\^$.|?*+()[\]{}]*$/;
const LONGEST = 500;

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
  let text: ((entry: LogEntry) => boolean) | null = null;
  try {
    if (pattern !== '') text = compileText(pattern, input.startsWith('!'));
  } catch (error) {
    return {error: describe(error)};
  }
  return {
    everything: !text && !sources && !levels && pid === undefined,
    risky: text !== null && !PLAIN.test(pattern),
    matches: (entry) =>
      (levels === null || levels.has(entry.level)) &&
      (sources === null || sources.has(entry.source)) &&
      (pid === undefined || entry.pid === pid) &&
      (text === null || text(entry)),
  };
}

function compileText(pattern: string, inverse: boolean): (entry: LogEntry) => boolean {
  if (pattern.length > LONGEST) throw new Error(`the filter is longer than ${LONGEST} characters`);
  const test = compilePattern(pattern);
  const digits = /\d/.test(pattern);
  const found = (entry: LogEntry): boolean =>
    test(entry.text) ||
    (entry.requestId !== undefined && test(entry.requestId)) ||
    (entry.code !== undefined && test(entry.code)) ||
    (digits && entry.pid !== undefined && test(String(entry.pid))) ||
    (entry.more !== undefined && entry.more.some((line) => test(line)));
  return inverse ? (entry) => !found(entry) : found;
}

function compilePattern(pattern: string): (text: string) => boolean {
  // A capital in an escape such as \S or \D is no capital of the text that is looked for.
  const exact = /\p{Lu}/u.test(pattern.replaceAll(/\\p\{[^}]*\}|\\./giu, ''));
  if (PLAIN.test(pattern) && exact) return (text) => text.includes(pattern);
  const expression = new RegExp(pattern, exact ? 'u' : 'iu');
  return (text) => expression.test(text.length > TRY_ON ? text.slice(0, TRY_ON) : text);
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // V8 says "Invalid regular expression: /a(/iu: Unterminated group": the reason is the last part.
  return message.replace(/^Invalid regular expression: .*\/\w*: /s, 'not a regular expression: ');
}

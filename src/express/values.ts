import {callableProblem} from './entry-point.ts';
import type {OptionSpec} from './options/option.ts';
import {UsageError} from './usage-error.ts';

const LEVELS = /^(?:emerg|alert|crit|error|warn|notice|info|debug|trace[1-8])$/i;

/** What a value of an option must look like, beyond its type. Each returns what is wrong, or null. */
const SHAPES: Record<string, (text: string) => string | null> = {
  logLevel: (text) => {
    const words = text.trim().split(/\s+/);
    const bad = words.find((word) => !LEVELS.test(word.slice(word.indexOf(':') + 1)) || word.startsWith(':'));
    return bad === undefined
      ? null
      : `"${bad}" is not a log level; use emerg, alert, crit, error, warn, notice, info, debug or trace1 to trace8`;
  },
  mountPoint: mustBeUrlPath,
  probePath: mustBeUrlPath,
  ignoreActivity: mustBeUrlPath,
  errorLogName: mustBeFileName,
  accessLogName: mustBeFileName,
  startupLogName: mustBeFileName,
  serverName: mustBeHostName,
  serverAliases: mustBeHostName,
  host: (text) => (/^[\w.:%-]+$/.test(text) ? null : `"${text}" is not an address or a host name`),
  callableObject: callableProblem,
  passenv: mustBeVariable,
  sslVerifyClient: mustBeUrlPath,
  pythonHashSeed: (text) =>
    text === 'random' || (/^\d{1,10}$/.test(text) && Number(text) <= 4294967295)
      ? null
      : `"${text}" is not a seed; use random, or 0 to 4294967295`,
};

function mustBeUrlPath(text: string): string | null {
  return text.startsWith('/') && !/\s/.test(text) ? null : `"${text}" is not a URL path; it starts with / and has no blanks`;
}

function mustBeFileName(text: string): string | null {
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/') ? null : `"${text}" is not a file name`;
}

function mustBeHostName(text: string): string | null {
  return /^[\w.*?-]+$/.test(text) ? null : `"${text}" is not a host name`;
}

function mustBeVariable(text: string): string | null {
  return /^[A-Za-z_]\w*$/.test(text) ? null : `"${text}" is not the name of a variable`;
}

/** Options whose empty value counts as not given, as in the original: a script may have set its variable to nothing. */
const EMPTY_IS_NONE = new Set(['host', 'serverName', 'locale', 'mountPoint', 'pidFile']);

const DIGITS: Record<string, readonly [digits: RegExp, radix: number]> = {
  x: [/^[\da-f]+(?:_[\da-f]+)*$/i, 16],
  b: [/^[01]+(?:_[01]+)*$/, 2],
  o: [/^[0-7]+(?:_[0-7]+)*$/, 8],
};

/**
 * A whole number, as Python's optparse reads it for mod_wsgi-express: hexadecimal after `0x`, binary after `0b`, octal after any other 0; otherwise
 * decimal, with blanks around it, and `_` between digits. NaN for anything else.
 */
function wholeNumber(text: string): number {
  if (/^0b?\s*$/i.test(text)) return 0;
  const [, kind, rest] = /^0([xbo]?)_?(.*)$/is.exec(text) ?? [];
  if (kind === undefined || rest === undefined) return /^\s*[+-]?\d+(?:_\d+)*\s*$/.test(text) ? Number(text.replaceAll('_', '')) : NaN;
  const [digits, radix] = DIGITS[kind.toLowerCase() || 'o']!;
  return digits.test(rest.trimEnd()) ? Number.parseInt(rest.replaceAll('_', ''), radix) : NaN;
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function readNumber(option: OptionSpec, text: string): number {
  const name = option.flags[0];
  const trimmed = text.trim();
  const value = option.type === 'int' ? wholeNumber(text) : FLOAT.test(trimmed) ? Number(trimmed) : NaN;
  if (!Number.isFinite(value)) {
    throw new UsageError(`${name}: "${text}" is not ${option.type === 'int' ? 'a whole number' : 'a number'}`);
  }
  if (value === 0 && option.orZero) return value;
  const [least, most] = option.range ?? [null, null];
  // Apache keeps these in a C int; anything larger would wrap around.
  const limit = most ?? 2147483647;
  if ((least !== null && value < least) || value > limit) {
    const wanted =
      most === null
        ? value > limit
          ? `${limit} at most`
          : `${option.orZero ? '0, or ' : ''}${least} or more`
        : `from ${least} to ${most}`;
    throw new UsageError(`${name}: ${text} is out of range; it must be ${wanted}`);
  }
  return value;
}

/**
 * Turns one word of the command line into the option's value.
 * @throws UsageError for a wrong type, a number out of range, or text that cannot stand in a configuration file
 */
export function readValue(option: OptionSpec, text: string): string | number | null {
  if (option.type === 'int' || option.type === 'float') return readNumber(option, text);
  if (text === '' && EMPTY_IS_NONE.has(option.dest)) return option.default as string | null;
  const name = option.flags[0];
  if (/[\0\r\n]/.test(text)) throw new UsageError(`${name}: a value must not contain line breaks or NUL`);
  if (option.choices) {
    const choice = option.choices.find((one) => one.toLowerCase() === text.toLowerCase());
    if (choice === undefined) throw new UsageError(`${name}: "${text}" is not one of ${option.choices.join(', ')}`);
    return choice;
  }
  const wrong = SHAPES[option.dest]?.(text);
  if (wrong) throw new UsageError(`${name}: ${wrong}`);
  return text;
}

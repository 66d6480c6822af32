import {splitEntryPoint} from './entry-point.ts';
import type {OptionSpec} from './options/option.ts';
import {OPTIONS, type OptionValues} from './options/table.ts';
import {nearest} from './suggest.ts';
import {UsageError} from './usage-error.ts';
import {readValue} from './values.ts';

/** What was asked for on the command line of `start-server` or `setup-server`. */
export interface StartOptions extends OptionValues {
  /** The entry point: the argument or --entry-point, as given. Null when there was none. */
  entry: string | null;
  /** Words behind the entry point. The original takes no notice of them. */
  ignoredWords: string[];
  /** The arguments as given, after expansion of `$NAME`; kept for the note at the top of the generated files. */
  argv: string[];
  /** The command they were given to, when it was another than these two. */
  command?: string;
}

export type ParsedStart = {action: 'run'; options: StartOptions} | {action: 'help'} | {action: 'version'};

type Flags = ReadonlyMap<string, OptionSpec>;
const flagsOf = (options: readonly OptionSpec[]): Flags =>
  new Map(options.flatMap((option) => option.flags.map((flag) => [flag, option] as const)));
const byFlag = flagsOf(OPTIONS);
const ASKS = new Map<string, 'help' | 'version'>([
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
]);

/** Replaces `$NAME` and `${NAME}` by the environment's value; unknown names stay as they are (as the original does). */
function expandVariables(text: string, env: NodeJS.ProcessEnv): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => env[bare ?? braced ?? ''] ?? whole);
}

/** Finds an option by its name or by a beginning that fits only one name. Names of the original win over ours, so that its short forms keep working. */
function findOption(flag: string, byFlag: Flags): OptionSpec {
  const exact = byFlag.get(flag);
  if (exact) return exact;
  const fitting = [...byFlag.keys()].filter((name) => name.startsWith(flag));
  const original = fitting.filter((name) => byFlag.get(name)!.since !== 'wsgideck');
  const candidates = original.length > 0 ? original : fitting;
  if (candidates.length === 1) return byFlag.get(candidates[0]!)!;
  if (candidates.length > 1) {
    const shown = candidates.slice(0, 6).join(', ') + (candidates.length > 6 ? ', …' : '');
    throw new UsageError(`${flag} may mean several options: ${shown}; write more of the name`);
  }
  const guess = nearest(flag, byFlag.keys());
  throw new UsageError(`there is no option ${flag}${guess ? `; did you mean ${guess}?` : '; --help lists them all'}`);
}

/** Splits `--name=value`. */
function splitArgument(argument: string): {flag: string; attached: string | null} {
  const at = argument.indexOf('=');
  return at < 0 ? {flag: argument, attached: null} : {flag: argument.slice(0, at), attached: argument.slice(at + 1)};
}

function asksFor(argument: string, byFlag: Flags): 'help' | 'version' | null {
  const exact = ASKS.get(argument);
  if (exact) return exact;
  // Beginnings such as --he; no option of the table starts that way.
  if (argument.length < 4 || [...byFlag.keys()].some((name) => name.startsWith(argument))) return null;
  return '--help'.startsWith(argument) ? 'help' : '--version'.startsWith(argument) ? 'version' : null;
}

/**
 * Reads the command line of `start-server` and `setup-server` (the words after the command), as the original's parser does:
 * options and the one argument in any order, `--name value`, `--name=value`, beginnings of names, `--` ends the options.
 * @param further options that the command takes beyond those of the table; their values are found among the others by `dest`.
 * @throws UsageError
 */
export function parseStartServer(argv: readonly string[], env: NodeJS.ProcessEnv, further: readonly OptionSpec[] = []): ParsedStart {
  const flags = further.length === 0 ? byFlag : new Map([...byFlag, ...flagsOf(further)]);
  const words = argv.map((word) => expandVariables(word, env));
  const values = new Map<string, unknown>(
    [...OPTIONS, ...further]
      .filter((option) => !option.refused)
      .map((option) => [option.dest, Array.isArray(option.default) ? [] : option.default]),
  );
  const positional: string[] = [];
  const named = new Set<string>();

  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') {
      positional.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const asked = asksFor(word, flags);
    if (asked) return {action: asked};
    const {flag, attached} = splitArgument(word);
    const option = findOption(flag, flags);
    const name = option.flags[0];
    if (option.refused) throw new UsageError(`${name}: ${option.refused}`);
    named.add(option.dest);
    if (option.arity === 0) {
      if (attached !== null) throw new UsageError(`${name} takes no value, but was given "${attached}"`);
      values.set(option.dest, true);
      continue;
    }
    const given = attached === null ? [] : [attached];
    while (given.length < option.arity && i + 1 < words.length) given.push(words[++i]!);
    if (given.length < option.arity) {
      throw new UsageError(`${name} needs ${option.arity === 1 ? 'a value' : 'two values'}: ${name} ${option.metavar ?? 'VALUE'}`);
    }
    const read = given.map((text) => readValue(option, text));
    const value = option.arity === 2 ? read : read[0];
    if (option.repeatable) (values.get(option.dest) as unknown[]).push(value);
    else values.set(option.dest, value);
  }

  const options = Object.fromEntries(values) as unknown as StartOptions;
  // As the original has it.
  if (options.processes === 0) options.processes = 1;
  // An empty --entry-point is none, and the argument counts.
  const [entry = null, ...ignored] = [...(options.entryPoint ? [options.entryPoint] : []), ...positional];
  options.entry = entry;
  options.ignoredWords = ignored;
  Object.assign(options, splitEntryPoint(options, {type: named.has('applicationType'), callable: named.has('callableObject')}));
  // Files only: the argument is their folder.
  if (options.applicationType === 'static') options.documentRoot ??= options.entry ?? '.';
  options.argv = words;
  return {action: 'run', options};
}

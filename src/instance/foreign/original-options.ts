import type {OptionSpec} from '../../express/options/option.ts';
import {OPTIONS} from '../../express/options/table.ts';
import type {ForeignCommand} from './recognise.ts';

/** What the arguments of the original say, by the names of our option table. */
export interface OriginalOptions {
  /** Values by `dest`; those that were not given have the original's default. */
  values: Record<string, unknown>;
  /** `--names` that were given, in full, also those that our table refuses. */
  given: Set<string>;
  /** Words that belong to no option. */
  positional: string[];
}

const ORIGINAL = OPTIONS.filter((option) => option.since !== 'wsgideck');
const BY_FLAG = new Map<string, OptionSpec>(ORIGINAL.flatMap((option) => option.flags.map((flag) => [flag, option] as const)));

/**
 * Reads arguments meant for the original the way its parser does (`--name value`, `--name=value`, beginnings of names), and refuses nothing: what
 * is wrong with them the original says itself. Django's own options are passed over.
 */
export function readOriginalOptions(command: Pick<ForeignCommand, 'kind' | 'args'>, env: NodeJS.ProcessEnv): OriginalOptions {
  // mod_wsgi-express puts the values of variables into its arguments itself; Django does not.
  const args = command.kind === 'start-server' ? command.args.map((word) => expand(word, env)) : command.args;
  const values: Record<string, unknown> = {};
  for (const option of ORIGINAL) if (!option.refused) values[option.dest] = Array.isArray(option.default) ? [] : option.default;
  const given = new Set<string>();
  const positional: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === '--') {
      positional.push(...args.slice(i + 1));
      break;
    }
    if (!word.startsWith('-')) {
      positional.push(word);
      continue;
    }
    const [flag, attached] = splitOnce(word);
    const option = find(flag);
    given.add(option?.flags[0] ?? flag);
    if (!option) continue;
    const words = attached === undefined ? [] : [attached];
    while (words.length < option.arity && i + 1 < args.length) words.push(args[++i]!);
    if (!option.refused) take(values, option, words);
  }
  return {values, given, positional};
}

function take(values: Record<string, unknown>, option: OptionSpec, words: readonly string[]): void {
  const read = words.map((word) => (option.type === 'int' || option.type === 'float' ? Number(word) : word));
  const value = option.arity === 0 ? true : option.arity === 1 ? read[0] : read;
  if (value === undefined) return;
  if (option.repeatable) (values[option.dest] as unknown[]).push(value);
  else values[option.dest] = value;
}

function find(flag: string): OptionSpec | null {
  const exact = BY_FLAG.get(flag);
  if (exact) return exact;
  if (!flag.startsWith('--') || flag.length < 4) return null;
  const fitting = [...BY_FLAG].filter(([name]) => name.startsWith(flag));
  return fitting.length === 1 ? fitting[0]![1] : null;
}

function expand(word: string, env: NodeJS.ProcessEnv): string {
  return word.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => env[bare ?? braced ?? ''] ?? whole);
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 || !word.startsWith('--') ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

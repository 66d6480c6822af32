import {djangoOptions} from '../django/options.ts';
import type {OptionSpec} from '../options/option.ts';
import {OPTIONS, type OptionValues} from '../options/table.ts';

/** What a shell can offer for one value of an option. `text` is left to the user. */
export type ValueKind = 'file' | 'directory' | 'user' | 'group' | 'text' | readonly string[];

export interface CompletedOption {
  /** The name that is shown, `--port`. */
  flag: string;
  /** One kind for each value. */
  values: ValueKind[];
  /** Names of the values, for shells that show them. */
  metavars: string[];
  repeatable: boolean;
  /** First sentence of the help, without its full stop. */
  summary: string;
}

/** A command as a shell sees it. */
export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  /** What stands there without an option's name. */
  argument: ValueKind;
}

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug', 'trace1'];

function kindOf(metavar: string, option: OptionSpec): ValueKind {
  if (option.choices) return option.choices;
  const {type, range} = option;
  // A few numbers are as good as choices; of many the user knows which.
  if (type === 'int') return few(range?.[0], range?.[1]) ?? 'text';
  if (metavar === 'LEVEL') return LEVELS;
  if (metavar.startsWith('DIRECTORY')) return metavar === 'DIRECTORY-PATH' || metavar === 'DIRECTORY' ? 'directory' : 'text';
  if (/^(?:FILE-PATH|SCRIPT-PATH|PATH)\b/.test(metavar)) return 'file';
  return metavar === 'USERNAME' ? 'user' : metavar === 'GROUP' ? 'group' : 'text';
}

function few(least: number | undefined, most: number | null | undefined): string[] | null {
  if (least === undefined || most === undefined || most === null || most - least > 9) return null;
  return Array.from({length: most - least + 1}, (_, i) => String(least + i));
}

function completed(option: OptionSpec): CompletedOption {
  const metavars = (option.metavar ?? 'VALUE').split(' ').slice(0, option.arity);
  return {
    flag: option.flags[0],
    values: metavars.map((metavar) => kindOf(metavar, option)),
    metavars,
    repeatable: option.repeatable === true,
    summary: option.help.replace(/\.(?:\s.*)?$/s, ''),
  };
}

const plain = (flag: string, summary: string): CompletedOption => ({flag, values: [], metavars: [], repeatable: false, summary});

/** The options that every command knows. */
export const HELP_OPTION: CompletedOption = plain('--help', 'Show the help');

/** Of `runmodwsgi` the project's settings name the application. */
const NAMED_BY_PROJECT = new Set<string>(['applicationType', 'entryPoint', 'callableObject'] satisfies (keyof OptionValues)[]);

function worthOffering(options: readonly OptionSpec[]): CompletedOption[] {
  const known = options.filter((option) => !option.hidden && option.refused === undefined).map(completed);
  return [...known, HELP_OPTION, plain('--version', 'Show the version')];
}

/** The options of `start-server` and `setup-server` that are worth offering. */
export function serverOptions(): CompletedOption[] {
  return worthOffering(OPTIONS);
}

/** Those of `runmodwsgi`: Django's first. */
export function projectOptions(): CompletedOption[] {
  return worthOffering([...djangoOptions, ...OPTIONS.filter(({dest}) => !NAMED_BY_PROJECT.has(dest))]);
}

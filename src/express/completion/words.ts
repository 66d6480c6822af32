import type {OptionSpec} from '../options/option.ts';
import {OPTIONS} from '../options/table.ts';

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
  if (metavar === 'LEVEL') return LEVELS;
  if (metavar.startsWith('DIRECTORY')) return metavar === 'DIRECTORY-PATH' || metavar === 'DIRECTORY' ? 'directory' : 'text';
  if (/^(?:FILE-PATH|SCRIPT-PATH|PATH)\b/.test(metavar)) return 'file';
  return metavar === 'USERNAME' ? 'user' : metavar === 'GROUP' ? 'group' : 'text';
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

/** The options of `start-server` and `setup-server` that are worth offering. */
export function serverOptions(): CompletedOption[] {
  const known = OPTIONS.filter((option) => !option.hidden && option.refused === undefined).map(completed);
  return [...known, HELP_OPTION, plain('--version', 'Show the version')];
}

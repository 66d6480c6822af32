import {UsageError} from './usage-error.ts';

/** The words after a small command: options with a value each, or help. */
export type SmallCommand = {action: 'run'; values: Record<string, string>} | {action: 'help'};

/**
 * Reads the command line of a command with few options and no arguments, with the rules of the big ones (`--name value`, `--name=value`,
 * beginnings of names).
 * @param flags names of the options; each takes one value.
 * @throws UsageError
 */
export function readWords(command: string, argv: readonly string[], flags: readonly string[] = []): SmallCommand {
  const values: Record<string, string> = {};
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    const [name = '', attached] = word.split(/=(.*)/s, 2);
    if (word === '-h' || (name.length > 2 && '--help'.startsWith(name))) return {action: 'help'};
    const fitting = name.length > 2 ? flags.filter((flag) => flag.startsWith(name)) : [];
    if (fitting.length !== 1) {
      throw new UsageError(
        word.startsWith('-')
          ? `${command} has no option ${name}; see wsgideck ${command} --help`
          : `${command} takes no arguments, but was given "${word}"`,
      );
    }
    const value = attached ?? argv[++i];
    if (value === undefined) throw new UsageError(`${fitting[0]} needs a value`);
    values[fitting[0]!] = value;
  }
  return {action: 'run', values};
}

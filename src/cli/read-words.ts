import {parseArgs, type ParseArgsConfig} from 'node:util';
import {fail, mistakeOf} from './report.ts';

export type Options = NonNullable<ParseArgsConfig['options']>;
export type Values<T extends Options> = ReturnType<typeof parseArgs<{args: string[]; options: T; allowPositionals: true}>>['values'];

/**
 * Reads the command line of a small command. `read` makes what is asked for of its words and options, and throws an Error that names a mistake in them.
 * Null when there is nothing more to do: the help was printed, or a mistake was said (status 2).
 */
export function readWords<T extends Options, R>(
  command: string,
  argv: string[],
  options: T,
  help: string,
  read: (words: string[], values: Values<T>) => R,
): R | null {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(help);
    return null;
  }
  try {
    const {values, positionals} = parseArgs<{args: string[]; options: T; allowPositionals: true}>({
      args: argv,
      options,
      allowPositionals: true,
    });
    return read(positionals, values);
  } catch (error) {
    fail(`${command}: ${mistakeOf(error)}; see wsgideck ${command} --help`, 2);
    return null;
  }
}

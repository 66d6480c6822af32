import {parseArgs, type ParseArgsConfig} from 'node:util';
import {fail, mistakeOf} from './report.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{args: string[]; options: T; allowPositionals: true}>>['values'];

/** What the help of every command about a running server says of its first word. */
export const INSTANCE_HELP =
  'INSTANCE is a name, port, pid or server root, as wsgideck ps shows them; it may be left out when only one server runs.';

/**
 * Reads the words of a command about a running server: options, and at most one word that says which server. Null when there is nothing more to do:
 * the help was printed, or a mistake was said (status 2).
 */
export function readInstanceWords<T extends Options>(
  command: string,
  argv: string[],
  options: T,
  help: string,
): {word: string | undefined; values: Values<T>} | null {
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
    if (positionals.length > 1) throw new Error(`one server at a time, not "${positionals.join(' ')}"`);
    return {word: positionals[0], values};
  } catch (error) {
    fail(`${command}: ${mistakeOf(error)}; see wsgideck ${command} --help`, 2);
    return null;
  }
}

import {type Options, readWords, type Values} from './read-words.ts';

/** What the help of every command about a running server says of its first word. */
export const INSTANCE_HELP =
  'INSTANCE is a name, port, pid or server root, as wsgideck ps shows them; it may be left out when only one server runs.';

/** Reads the words of a command about a running server, as `readWords` does: options, and at most one word that says which server. */
export function readInstanceWords<T extends Options>(
  command: string,
  argv: string[],
  options: T,
  help: string,
): {word: string | undefined; values: Values<T>} | null {
  return readWords(command, argv, options, help, (words, values) => {
    if (words.length > 1) throw new Error(`one server at a time, not "${words.join(' ')}"`);
    return {word: words[0], values};
  });
}

import {join} from 'node:path';
import {readRegular} from '../../express/regular-file.ts';

/** What the original has written down about itself in its server root. */
export interface OriginalNotes {
  /** The command that it was started with, from the comment at the top of its apachectl. */
  command: string[] | null;
  entryPoint: string | null;
  applicationType: string;
  mountPoint: string;
}

const LIMIT = 256 * 1024;

/** Reads `apachectl` and `handler.wsgi`. What is missing there is null or the default. */
export function originalNotes(serverRoot: string): OriginalNotes {
  const script = readRegular(join(serverRoot, 'apachectl'), LIMIT) ?? '';
  const handler = readRegular(join(serverRoot, 'handler.wsgi'), LIMIT) ?? '';
  const word = (name: string) => pythonStrings(new RegExp(`^${name} = (.*)$`, 'm').exec(handler)?.[1] ?? '')[0];
  const comment = /^# (\[.*\])$/m.exec(script)?.[1];
  const command = comment === undefined ? [] : pythonStrings(comment);
  return {
    command: command.length > 0 ? command : null,
    entryPoint: word('entry_point') ?? null,
    applicationType: word('application_type') ?? 'script',
    mountPoint: word('mount_point') ?? '/',
  };
}

/** The string literals of a line of Python, as `repr()` writes them. */
function pythonStrings(text: string): string[] {
  const literals = text.matchAll(/(r?)('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")/g);
  return [...literals].map(([, raw, literal]) => {
    const inner = literal!.slice(1, -1);
    return raw ? inner : inner.replaceAll(/\\(['"\\])/g, '$1');
  });
}

/** Words as a shell takes them. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

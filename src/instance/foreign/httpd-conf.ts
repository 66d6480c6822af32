/** One directive: its name in lower case, and its words without their quotes. */
export interface Directive {
  name: string;
  words: string[];
}

/**
 * The directives that are in force outside of containers such as VirtualHost or Directory: the original writes one file for all cases, and
 * `-D` on Apache's command line says which parts of it count. Pure.
 * @param defines names given with -D.
 */
export function effectiveDirectives(text: string, defines: ReadonlySet<string>): Directive[] {
  const found: Directive[] = [];
  /** One entry for each open section: does what is in it count. */
  const open: boolean[] = [];
  for (const line of text
    .replaceAll(/\\\r?\n/g, ' ')
    .split('\n')
    .map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('</')) open.pop();
    else if (line.startsWith('<')) open.push(counts(line, defines));
    else if (open.every(Boolean)) {
      const [name = '', ...words] = wordsOf(line);
      found.push({name: name.toLowerCase(), words});
    }
  }
  return found;
}

function counts(line: string, defines: ReadonlySet<string>): boolean {
  const define = /^<IfDefine\s+(!?)([^\s>]+)\s*>/i.exec(line);
  if (define) return defines.has(define[2]!) === (define[1] === '');
  return /^<IfModule\b/i.test(line);
}

/** Words of a line; quotes keep blanks together, `key='a b'` included. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:[^\s'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/(['"])((?:\\.|(?!\1)[^\\])*)\1/g, (_, quote: string, inner: string) => inner.replaceAll(`\\${quote}`, quote)),
  );
}

/** Names given with `-D` on Apache's command line, in both forms. */
export function definesOf(argv: readonly string[]): Set<string> {
  return new Set(argv.flatMap((word, index) => (word === '-D' ? (argv[index + 1] ?? []) : word.startsWith('-D') ? word.slice(2) : [])));
}

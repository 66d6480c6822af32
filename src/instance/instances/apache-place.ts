import {readlinkSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {definesOf, effectiveDirectives, type Directive} from '../foreign/httpd-conf.ts';
import type {ApacheParent} from './machine.ts';
import {readRegular} from '../../express/regular-file.ts';

/** Where a running Apache has its configuration. */
export interface ApachePlace {
  /** Null when neither the command line nor the program tells. */
  conf: string | null;
  serverRoot: string | null;
  /** What is in force in that one file (its Include files are not read); empty when it cannot be read. */
  directives: Directive[];
  /** Names given with -D. */
  defines: ReadonlySet<string>;
}

const PROGRAM_LIMIT = 16 * 1024 * 1024;
const CONF_LIMIT = 1024 * 1024;
const PLACES: Record<string, string[]> = {
  apache2: ['/usr/sbin/apache2'],
  httpd: ['/usr/sbin/httpd', '/usr/local/apache2/bin/httpd', '/usr/local/sbin/httpd'],
};

/** From the command line first, then from what is built into the program. Runs nothing: the program may be anybody's. */
export function apachePlace({stat, argv}: ApacheParent): ApachePlace {
  const given = valueOf(argv, 'f');
  const builtIn = given !== null && given.startsWith('/') ? null : builtInPlaces(stat.pid, stat.comm);
  const root = valueOf(argv, 'd') ?? builtIn?.root ?? null;
  const named = given ?? builtIn?.conf ?? null;
  const conf = named === null ? null : named.startsWith('/') ? named : root === null ? null : resolve(root, named);
  const defines = definesOf(argv);
  const text = conf === null ? null : readRegular(conf, CONF_LIMIT);
  const directives = text === null ? [] : effectiveDirectives(text, defines);
  const stated = directives.findLast(({name}) => name === 'serverroot')?.words[0];
  // A file that we may not read, named on the command line: ours and the original's lie in their server roots.
  const around = text === null && given !== null && conf !== null ? dirname(conf) : null;
  return {conf, serverRoot: stated ?? around ?? root, directives, defines};
}

/** Value of an option of one letter, `-f FILE` or `-fFILE`; Apache takes the last. */
function valueOf(argv: readonly string[], letter: string): string | null {
  const flag = `-${letter}`;
  for (let i = argv.length - 1; i > 0; i--) {
    const word = argv[i]!;
    if (word === flag) return argv[i + 1] ?? null;
    if (word.startsWith(flag) && argv[i - 1] !== '-D') return word.slice(2);
  }
  return null;
}

/** The words that `httpd -V` would print, which stand in the program's file as they are. */
function builtInPlaces(pid: number, comm: string): {root: string | null; conf: string | null} | null {
  for (const program of [programOf(pid), ...(PLACES[comm] ?? [])]) {
    const content = program === null ? null : readRegular(program, PROGRAM_LIMIT, 'latin1');
    if (content === null) continue;
    const word = (name: string) => new RegExp(` -D ${name}="([^"\\0]{1,1000})"`).exec(content)?.[1] ?? null;
    return {root: word('HTTPD_ROOT'), conf: word('SERVER_CONFIG_FILE')};
  }
  return null;
}

function programOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

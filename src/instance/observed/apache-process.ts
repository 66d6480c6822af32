import {existsSync, readFileSync, readlinkSync} from 'node:fs';
import {readRegular} from '../../express/regular-file.ts';
import {join, resolve} from 'node:path';
import {readArguments} from '../../sources/processes/proc-stat.ts';
import {definesOf} from '../foreign/httpd-conf.ts';
import {compiledIn, type CompiledIn} from './compiled-in.ts';

/** How a running Apache was started. */
export interface ApacheStart {
  pid: number;
  program: CompiledIn;
  /** Folder that relative names belong to until the configuration says another. */
  root: string;
  configFile: string;
  /** Names given with `-D`. */
  defines: ReadonlySet<string>;
  /** `-c` and `-C` lines, before and after the file. */
  before: readonly string[];
  after: readonly string[];
  /** For `${NAME}` in the configuration. */
  env: Readonly<Record<string, string>>;
  /** False when the process's own environment may not be read; `env` then comes from Debian's envvars, or is empty. */
  envKnown: boolean;
}

const USUAL = ['/usr/sbin/apache2', '/usr/sbin/httpd', '/usr/local/apache2/bin/httpd', '/usr/local/sbin/httpd'];

/** Reads how Apache's parent was started. @throws Error in one line when there is no such process. */
export function apacheStart(pid: number): ApacheStart {
  const argv = readArguments(pid);
  if (argv.length === 0) throw new Error(`process ${pid} is not there (any more)`);
  const program = compiledIn(executableOf(pid, argv[0]!));
  const root = lastOption(argv, 'd') ?? program.httpdRoot;
  const configFile = resolve(root, lastOption(argv, 'f') ?? program.configFile);
  const own = environmentOf(pid);
  return {
    pid,
    program,
    root,
    configFile,
    defines: definesOf(argv),
    before: allOptions(argv, 'C'),
    after: allOptions(argv, 'c'),
    env: own ?? debianVariables(join(configFile, '..', 'envvars')),
    envKnown: own !== null,
  };
}

/** Another user's program is not ours to ask the kernel for: then the name it goes by, or the usual places. */
function executableOf(pid: number, argv0: string): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return [argv0, ...USUAL].find((one) => one.startsWith('/') && existsSync(one)) ?? '';
  }
}

function environmentOf(pid: number): Record<string, string> | null {
  try {
    const text = readFileSync(`/proc/${pid}/environ`, 'utf8');
    return Object.fromEntries(
      text.split('\0').flatMap((one) => {
        const at = one.indexOf('=');
        return at > 0 ? [[one.slice(0, at), one.slice(at + 1)]] : [];
      }),
    );
  } catch {
    return null;
  }
}

/** Bytes of envvars that are read. */
const LARGEST_VARIABLES = 1024 * 1024;

/** `export NAME=value` lines of Debian's envvars. It is a shell script; the part of it that packages and people write is not more than that. */
export function debianVariables(path: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of (readRegular(path, LARGEST_VARIABLES) ?? '').split('\n')) {
    const [, name, value] = /^\s*(?:export\s+)?(\w+)=(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    found[name] = value
      .replace(/^(['"])(.*)\1$/, '$2')
      .replaceAll(/\$\{?(\w+)(?::-([^}]*))?\}?/g, (_, word: string, fallback?: string) => found[word] ?? fallback ?? '');
  }
  return found;
}

/** Values of a one-letter option that takes one, in both forms (`-f FILE`, `-fFILE`). */
function allOptions(argv: readonly string[], letter: string): string[] {
  return argv.flatMap((word, index) =>
    word === `-${letter}` ? (argv[index + 1] ?? []) : word.startsWith(`-${letter}`) && index > 0 ? word.slice(2) : [],
  );
}

const lastOption = (argv: readonly string[], letter: string): string | undefined => allOptions(argv, letter).at(-1);

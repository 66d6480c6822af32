import {readRegular} from '../../express/regular-file.ts';

/** What was fixed when an Apache was compiled. */
export interface CompiledIn {
  /** Its version, "2.4.62"; "" when the program does not tell. */
  version: string;
  /** Folder that relative names belong to when nothing else is said. */
  httpdRoot: string;
  /** The configuration file without `-f`, relative to that folder or absolute. */
  configFile: string;
  /** Is a module (by its source, `mod_unixd.c`) part of the program itself. */
  has(source: string): boolean;
}

const NOTHING: CompiledIn = {version: '', httpdRoot: '/', configFile: 'conf/httpd.conf', has: () => false};

/** Bytes of a program that are read: Apache has under one million. */
const LARGEST = 64 * 1024 * 1024;

/** Reads it from the program's own text (what `apache2 -V` would print); nothing is run. Never throws: where it cannot be read, defaults come back. */
export function compiledIn(executable: string): CompiledIn {
  // As single bytes: searching that is several times faster than searching a Buffer.
  const binary = readRegular(executable, LARGEST, 'latin1');
  if (binary === null) return NOTHING;
  const defined = (name: string) => new RegExp(` -D ${name}="([^"\\0]{1,400})"`).exec(binary)?.[1];
  return {
    version: /Apache\/(2\.\d+\.\d+)/.exec(binary)?.[1] ?? '',
    httpdRoot: defined('HTTPD_ROOT') ?? NOTHING.httpdRoot,
    configFile: defined('SERVER_CONFIG_FILE') ?? NOTHING.configFile,
    has: (source) => binary.includes(`\0${source}\0`) || binary.includes(`/${source}\0`),
  };
}

import {accessSync, constants, readdirSync, readFileSync, statSync} from 'node:fs';
import {delimiter, dirname, join, resolve} from 'node:path';
import type {Host} from '../host.ts';
import {failure, type Problem} from '../problem.ts';

/** The Apache that will be run. */
export interface Httpd {
  path: string;
  /** "2.4.62", or "" when the binary does not tell. */
  version: string;
  modulesDirectory: string;
  /** File names in the modules directory. */
  files: ReadonlySet<string>;
  /** Source names of modules compiled into the binary that we asked about, such as `mod_unixd.c`. */
  builtIn: ReadonlySet<string>;
  /** The virtual environment that pip has installed it in. */
  environment?: string;
  /** Folder of the shared libraries that it brings along. */
  libraries?: string;
}

const COMMON_PLACES = [
  '/usr/sbin/apache2',
  '/usr/sbin/httpd',
  '/usr/local/sbin/httpd',
  '/usr/local/apache2/bin/httpd',
  '/opt/homebrew/bin/httpd',
  '/usr/local/bin/httpd',
  '/opt/local/sbin/httpd',
];

/** Modules directories, by distribution; the ones relative to the binary come first. */
const MODULE_PLACES = [
  '/usr/lib/apache2/modules',
  '/usr/lib64/httpd/modules',
  '/usr/lib/httpd/modules',
  '/usr/lib64/apache2',
  '/usr/local/libexec/apache24',
  '/usr/libexec/apache2',
];

const INSTALL: Record<string, string> = {
  debian: 'apt-get install apache2',
  fedora: 'dnf install httpd',
  suse: 'zypper install apache2',
  alpine: 'apk add apache2',
  arch: 'pacman -S apache',
};

/** Which command of this system installs Apache (from /etc/os-release). */
function installCommand(): string {
  if (process.platform === 'darwin') return 'brew install httpd';
  let release = '';
  try {
    release = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // Not a Linux with that file; Debian's command is the best guess.
  }
  const ids = release.match(/^ID(?:_LIKE)?=.*$/gm)?.join(' ') ?? '';
  const family = ['fedora', 'suse', 'alpine', 'arch'].find((name) => ids.includes(name)) ?? (/rhel|centos/.test(ids) ? 'fedora' : 'debian');
  return INSTALL[family]!;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Apache as pip installs it (mod_wsgi-httpd, which mod_wsgi-standalone needs): site-packages/mod_wsgi_packages/httpd with bin, modules, lib. Looked for where
 * mod_wsgi is: in the active virtual environment, then in `.venv` of the working directory.
 */
function findPackaged(workingDirectory: string, host: Host): {path: string; environment: string} | null {
  for (const environment of [host.env.VIRTUAL_ENV, join(workingDirectory, '.venv')]) {
    if (!environment) continue;
    for (const name of listFiles(join(environment, 'lib')) ?? []) {
      if (!name.startsWith('python3')) continue;
      const path = join(environment, 'lib', name, 'site-packages/mod_wsgi_packages/httpd/bin/httpd');
      if (isExecutable(path)) return {path, environment};
    }
  }
  return null;
}

/** What the environment variable HTTPD or the option names; null when neither does. */
function findNamed(options: {httpdExecutable: string | null}, host: Host): string | Problem | null {
  // The environment wins over the option, as in the original's apachectl.
  for (const [given, by] of [
    [host.env.HTTPD, 'the environment variable HTTPD'],
    [options.httpdExecutable, '--httpd-executable'],
  ] as const) {
    if (!given) continue;
    const path = resolve(host.cwd, given);
    return isExecutable(path) ? path : failure(`Apache not found: ${path}, named by ${by}, is not a program; correct the path`);
  }
  return null;
}

function findOfSystem(host: Host): string | Problem {
  const onPath = (host.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => (folder.startsWith('/') ? [join(folder, 'httpd'), join(folder, 'apache2')] : []));
  for (const path of [...COMMON_PLACES.slice(0, 2), ...onPath, ...COMMON_PLACES.slice(2)]) if (isExecutable(path)) return path;
  return failure(
    `Apache not found: no httpd or apache2 in the usual places or on PATH; install it (${installCommand()}) or give --httpd-executable`,
  );
}

/** A module's file, by its source; an MPM's source has no `mod_mpm_` in front. */
const fileOf = (source: string): string => `${source.startsWith('mod_') ? '' : 'mod_mpm_'}${source.slice(0, -2)}.so`;

const LONGEST_NAME = 64;

function listFiles(folder: string): string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}

/** What in the binary reads like the name of a C source, without its folder. One pass: each costs half a millisecond. */
function sourceNames(binary: Buffer): Set<string> {
  const names = new Set<string>();
  for (let at = binary.indexOf('.c\0'); at >= 0; at = binary.indexOf('.c\0', at + 1)) {
    const before = binary.toString('latin1', Math.max(0, at - LONGEST_NAME), at + 2);
    names.add(before.slice(Math.max(before.lastIndexOf('\0'), before.lastIndexOf('/')) + 1));
  }
  return names;
}

/**
 * Finds Apache and its modules. Reads the binary once (under 1 MB) for the version and for which of `askedFor` (source names such as
 * `mod_unixd.c`) are compiled in; runs nothing.
 */
export function findHttpd(
  options: {httpdExecutable: string | null; modulesDirectory: string | null; workingDirectory?: string | null},
  host: Host,
  askedFor: readonly string[],
): Httpd | Problem {
  const named = findNamed(options, host);
  const packaged = named === null ? findPackaged(resolve(host.cwd, options.workingDirectory ?? '.'), host) : null;
  const path = named ?? packaged?.path ?? findOfSystem(host);
  if (typeof path !== 'string') return path;
  const bin = dirname(path);
  const libraries = packaged === null ? null : join(bin, '../lib');
  const places =
    options.modulesDirectory === null
      ? [join(bin, '../modules'), join(bin, '../lib/httpd/modules'), join(bin, '../libexec'), ...MODULE_PLACES]
      : [resolve(host.cwd, options.modulesDirectory)];
  const modulesDirectory = places.find((folder) => listFiles(folder)?.some((name) => /^mod_.*\.so$/.test(name)));
  if (modulesDirectory === undefined) {
    return failure(
      options.modulesDirectory === null
        ? `Apache's modules not found: looked in ${MODULE_PLACES.slice(0, 3).join(', ')} and beside ${path}; give --modules-directory`
        : `Apache's modules not found: ${places[0]} holds no mod_*.so files; correct --modules-directory`,
    );
  }
  const files = new Set(listFiles(modulesDirectory));
  const binary = readFileSync(path);
  const versionAt = binary.indexOf('Apache/2.');
  const version = versionAt < 0 ? '' : (/^Apache\/([\d.]+)/.exec(binary.toString('latin1', versionAt, versionAt + 32))?.[1] ?? '');
  const sources = sourceNames(binary);
  const builtIn = new Set(askedFor.filter((name) => !files.has(fileOf(name)) && sources.has(name)));
  return {
    path,
    version,
    modulesDirectory,
    files,
    builtIn,
    ...(packaged && {environment: packaged.environment}),
    ...(libraries !== null && listFiles(libraries) !== null && {libraries}),
  };
}

import {readdirSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {readRegularOrThrow} from '../regular-file.ts';

/** A mod_wsgi module for Apache. */
export interface ModWsgi {
  path: string;
  /** "4.9.4" */
  version: string;
  /** Minor version of the Python it is linked with, "3.11". */
  python: string;
  /** The virtual environment it is installed in, or null for the system's. */
  environment: string | null;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Reads Python's version from the library the module needs, or from the file's name (`mod_wsgi-py311…`). */
function linkedPython(content: string | null, path: string): string | null {
  const named = /mod_wsgi-py3(\d+)/.exec(basename(path))?.[1] ?? /mod_wsgi\.so-3\.(\d+)/.exec(basename(path))?.[1];
  if (named) return `3.${named}`;
  return /libpython(3\.\d+)/.exec(content ?? '')?.[1] ?? null;
}

/** The module's own version stands alone in its data, as a string between two NULs (4.x is never Python's version). */
function versionInside(content: string): string | null {
  return /\0([4-9]\.\d{1,2}\.\d{1,2})\0/.exec(content)?.[1] ?? null;
}

/** Bytes of a module that are looked through. */
const MODULE_LIMIT = 64 * 1024 * 1024;

function inspect(path: string, knownVersion: string | null, environment: string | null): ModWsgi | null {
  let content: string | null = null;
  const read = (): string => (content ??= readRegularOrThrow(path, MODULE_LIMIT, 'latin1'));
  try {
    const version = knownVersion ?? versionInside(read());
    const python = linkedPython(null, path) ?? linkedPython(read(), path);
    return version && python ? {path, version, python, environment} : null;
  } catch {
    return null;
  }
}

/** A module that pip installed into this folder of Python packages. */
function inPackages(packages: string, environment: string | null): ModWsgi | null {
  const server = join(packages, 'mod_wsgi', 'server');
  const file = names(server).find((name) => /^mod_wsgi-py\d.*\.so$/.test(name));
  return file ? inspect(join(server, file), packageVersion(packages), environment) : null;
}

/** The version is part of the name of the package's information folder; reading that beats scanning 1.5 MB of module. */
function packageVersion(packages: string): string | null {
  const found = names(packages).map((name) => /^mod_wsgi(?:_standalone)?-(\d+\.\d+(?:\.\d+)?)[^/]*\.(?:dist|egg)-info$/i.exec(name)?.[1]);
  return found.find((one) => one !== undefined) ?? null;
}

/** The module in this file, wherever it is installed; null when it is none. */
export function modWsgiAt(path: string): ModWsgi | null {
  const server = dirname(path);
  const pip = basename(server) === 'server' && basename(dirname(server)) === 'mod_wsgi';
  return inspect(path, pip ? packageVersion(dirname(dirname(server))) : null, null);
}

/** The module installed in a virtual environment, or null. */
export function modWsgiOfEnvironment(environment: string): ModWsgi | null {
  const lib = join(environment, 'lib');
  for (const name of names(lib)) {
    if (!name.startsWith('python3')) continue;
    const found = inPackages(join(lib, name, 'site-packages'), environment);
    if (found) return found;
  }
  return null;
}

/** The system's module: among Apache's own modules first, then among the packages of the system's Pythons. */
export function modWsgiOfSystem(modulesDirectory: string, files: ReadonlySet<string>): ModWsgi | null {
  const own = [...files].filter((name) => /^mod_wsgi(?:_python3|-py3.*)?\.so$/.test(name)).toSorted();
  for (const name of own) {
    const found = inspect(join(modulesDirectory, name), null, null);
    if (found) return found;
  }
  for (const lib of ['/usr/local/lib', '/usr/lib']) {
    for (const name of names(lib)) {
      if (!name.startsWith('python3')) continue;
      for (const packages of ['dist-packages', 'site-packages']) {
        const found = inPackages(join(lib, name, packages), null);
        if (found) return found;
      }
    }
  }
  return null;
}

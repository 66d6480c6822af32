import {existsSync, readFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import type {Host} from '../host.ts';
import {failure, type Problem} from '../problem.ts';
import type {Httpd} from './httpd.ts';
import {type ModWsgi, modWsgiOfEnvironment, modWsgiOfSystem} from './mod-wsgi.ts';

/** The Python that runs the application. */
export interface PythonFound {
  /** What WSGIPythonHome must name; null when the module finds the system's Python by itself. */
  home: string | null;
  /** An interpreter of the same minor version, for checks before the start; null when there is none. */
  executable: string | null;
  /** "3.11" or, from a virtual environment's own record, "3.11.2". */
  version: string;
}

/** Version recorded in a virtual environment, or null when the folder is none. */
function environmentVersion(folder: string): string | null {
  try {
    const text = readFileSync(join(folder, 'pyvenv.cfg'), 'utf8');
    return /^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)/m.exec(text)?.[1] ?? '';
  } catch {
    return null;
  }
}

const minor = (version: string): string => version.split('.').slice(0, 2).join('.');

function systemPython(version: string, host: Host): string | null {
  const folders = ['/usr/bin', '/usr/local/bin', ...(host.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))];
  return folders.map((folder) => join(folder, `python${version}`)).find((path) => existsSync(path)) ?? null;
}

function environmentPython(folder: string): string | null {
  return ['python3', 'python'].map((name) => join(folder, 'bin', name)).find((path) => existsSync(path)) ?? null;
}

/**
 * Chooses mod_wsgi and Python together: the active virtual environment (VIRTUAL_ENV), `.venv` in the working directory, the system.
 * An environment without mod_wsgi uses the system's when both are of the same minor version of Python.
 */
export function findModWsgi(
  httpd: Pick<Httpd, 'modulesDirectory' | 'files'>,
  workingDirectory: string,
  host: Host,
): {module: ModWsgi; python: PythonFound} | Problem {
  const active = host.env.VIRTUAL_ENV;
  const candidates = [active, join(workingDirectory, '.venv')].filter((folder): folder is string => Boolean(folder));
  for (const folder of candidates) {
    const version = environmentVersion(folder);
    if (version === null) continue;
    const module = modWsgiOfEnvironment(folder);
    if (module) {
      return {module, python: {home: folder, executable: environmentPython(folder), version: version || module.python}};
    }
    const pip = `${join(folder, 'bin', 'pip')} install mod_wsgi`;
    const system = modWsgiOfSystem(httpd.modulesDirectory, httpd.files);
    if (!system) return failure(`mod_wsgi not found: neither the virtual environment ${folder} nor the system has it; install it: ${pip}`);
    if (version !== '' && minor(version) !== system.python) {
      return failure(
        `mod_wsgi does not fit: the virtual environment ${folder} has Python ${minor(version)}, but ${system.path} is made for Python ${system.python}; install it in the environment: ${pip}`,
      );
    }
    return {module: system, python: {home: folder, executable: environmentPython(folder), version: version || system.python}};
  }
  const system = modWsgiOfSystem(httpd.modulesDirectory, httpd.files);
  if (system) {
    return {module: system, python: {home: null, executable: systemPython(system.python, host), version: system.python}};
  }
  const apt = existsSync('/usr/bin/apt-get') ? 'apt-get install libapache2-mod-wsgi-py3, or in a virtual environment: ' : '';
  return failure(
    `mod_wsgi not found: no virtual environment is active, ${join(workingDirectory, '.venv')} has none, and Apache's modules hold none; install it: ${apt}pip install mod_wsgi`,
  );
}

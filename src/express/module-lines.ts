import {childProcess} from './child-process.ts';
import {findHttpd, type Httpd} from './discovery/httpd.ts';
import type {ModWsgi} from './discovery/mod-wsgi.ts';
import {findModWsgi, type PythonFound} from './discovery/python.ts';
import type {Host} from './host.ts';
import {type Problem} from './problem.ts';

/** The mod_wsgi that start-server would load, and the Python that goes with it. */
export interface ModuleFound {
  module: ModWsgi;
  python: PythonFound;
  /** The Apache that goes with them; null when there is none. */
  httpd: Httpd | null;
}

const NO_MODULES = {modulesDirectory: '', files: new Set<string>()};

/** Finds mod_wsgi as start-server does. A virtual environment's is found on a machine without Apache too. */
export function findModule(host: Host): ModuleFound | Problem {
  const httpd = findHttpd({httpdExecutable: null, modulesDirectory: null}, host, []);
  if (!('severity' in httpd)) {
    const found = findModWsgi(httpd, host.cwd, host);
    return 'severity' in found ? found : {...found, httpd};
  }
  const found = findModWsgi(NO_MODULES, host.cwd, host);
  return 'severity' in found ? httpd : {...found, httpd: null};
}

/** sys.prefix, then the library that the original loads first: a Python made as a macOS framework or bundle needs it. */
const ASK_PYTHON = `
import os, sys, sysconfig
library = os.path.join(*(sysconfig.get_config_var(name) or '' for name in ('LIBDIR', 'LDLIBRARY')))
print(os.path.normpath(sys.prefix))
print(library if sysconfig.get_config_var('WITH_DYLD') and os.path.isfile(library) else '')
`;

function askPython(python: PythonFound): {prefix: string | null; library: string | null} {
  if (python.executable === null) return {prefix: python.home, library: null};
  try {
    const text = childProcess().execFileSync(python.executable, ['-I', '-c', ASK_PYTHON], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    const [prefix, library] = text.split('\n');
    return {prefix: prefix || python.home, library: library || null};
  } catch {
    return {prefix: python.home, library: null};
  }
}

/** A path as a word of Apache's configuration. */
const quoted = (path: string): string => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** The lines that make a system's Apache load this mod_wsgi, from `path` when it was copied there. Starts Python once, to ask for its prefix. */
export function moduleLines({module, python}: Pick<ModuleFound, 'module' | 'python'>, path = module.path): string[] {
  const {prefix, library} = askPython(python);
  return [
    ...(library === null ? [] : [`LoadFile ${quoted(library)}`]),
    `LoadModule wsgi_module ${quoted(path)}`,
    ...(prefix === null ? [] : [`WSGIPythonHome ${quoted(prefix)}`]),
  ];
}

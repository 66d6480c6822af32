import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {venvPath} from './venv.ts';

/** One mod_wsgi that everything is tested with. */
export interface Column {
  /** For test titles: `4.9.4` (or what the distribution has) and `6.x`. */
  name: string;
  /** Full version, for example `6.1.1`. */
  version: string;
  /** First part of the version: features of 6.0 are asked for by it. */
  major: number;
  /** Absolute path of mod_wsgi.so. */
  modulePath: string;
  /** The virtual environment, null for the system's own. */
  pythonHome: string | null;
  /** The interpreter that belongs to the module. */
  python: string;
  /** What makes wsgideck find this one by itself; undefined takes a variable away. */
  env: Record<string, string | undefined>;
}

const SYSTEM_MODULES = ['/usr/lib/apache2/modules/mod_wsgi.so', '/usr/lib64/httpd/modules/mod_wsgi.so'];
const SYSTEM_PYTHON = '/usr/bin/python3';

/**
 * The distribution's mod_wsgi, and the newest 6.x. Both, always: what is missing fails the test that asks.
 * The 6.x one has been made before the tests (test/support/global/mod-wsgi.ts).
 */
export function columns(): Column[] {
  return [systemColumn(), newestColumn()];
}

function systemColumn(): Column {
  const modulePath = SYSTEM_MODULES.find((path) => existsSync(path));
  if (modulePath === undefined) throw new Error('the system has no mod_wsgi; tools/setup.sh test installs it');
  const version = systemVersion();
  return {
    name: version,
    version,
    major: majorOf(version),
    modulePath,
    pythonHome: null,
    python: SYSTEM_PYTHON,
    env: {VIRTUAL_ENV: undefined},
  };
}

function systemVersion(): string {
  const text = execFileSync('dpkg-query', ['-W', '-f=${Version}', 'libapache2-mod-wsgi-py3'], {encoding: 'utf8'});
  const found = /\d+\.\d+\.\d+/.exec(text);
  if (found === null) throw new Error(`no version in "${text}"`);
  return found[0];
}

const majorOf = (version: string): number => Number.parseInt(version, 10);

function newestColumn(): Column {
  const pythonHome = venvPath();
  const python = join(pythonHome, 'bin/python');
  if (!existsSync(python)) throw new Error(`${python} is missing: run the tests through vitest, whose global setup makes it`);
  const ask = 'import mod_wsgi, importlib.metadata as m; print(m.version("mod_wsgi")); print(mod_wsgi.__path__[0])';
  const [version = '', packagePath = ''] = execFileSync(python, ['-c', ask], {encoding: 'utf8'}).trim().split('\n');
  const folder = join(packagePath, 'server');
  const file = readdirSync(folder).find((name) => /^mod_wsgi-py.*\.so$/.test(name));
  if (file === undefined || !version.startsWith('6.')) throw new Error(`no mod_wsgi 6.x in ${pythonHome} (found ${version})`);
  return {
    name: '6.x',
    version,
    major: majorOf(version),
    modulePath: join(folder, file),
    pythonHome,
    python,
    env: {VIRTUAL_ENV: pythonHome},
  };
}

import {spawnSync} from 'node:child_process';
import {findHttpd, type Httpd} from '../../express/discovery/httpd.ts';
import {findModWsgi, type PythonFound} from '../../express/discovery/python.ts';
import type {ModWsgi} from '../../express/discovery/mod-wsgi.ts';
import type {Host} from '../../express/host.ts';
import {libraryPath} from '../../express/original-names.ts';
import {parseStartServer} from '../../express/parse.ts';
import {chooseModules, moduleSources, type ModuleChoice} from '../../express/plan/apache-modules.ts';
import {atLeast} from '../../express/version.ts';
import {type Finding, limited, missing, ok} from './finding.ts';

/** The oldest mod_wsgi that start-server takes, and the first with everything. */
const [OLDEST, BEST] = ['4.9.0', '6.0.0'];
/** First Python that the agent runs in. */
const OLDEST_PYTHON = '3.8';

const TIMEOUT = 15_000;

function run(file: string, args: string[], more: NodeJS.ProcessEnv = {}): {ok: boolean; output: string} {
  const env = {...process.env, ...more};
  const done = spawnSync(file, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT, env});
  return {ok: done.status === 0, output: `${done.stderr ?? ''}${done.stdout ?? ''}${done.error?.message ?? ''}`.trim()};
}

/** The line of Apache's output that says what is wrong. */
const complaint = (output: string): string =>
  output.split('\n').find((line) => /cannot|error|undefined|no such/i.test(line)) ?? output.split('\n').at(-1) ?? '';

function modulesFinding({missing: absent, mpm, load}: ModuleChoice, httpd: Httpd): Finding {
  if (absent.length === 0) return ok('Apache modules', `${load.length} of ${httpd.modulesDirectory} are used, ${mpm} MPM`);
  const names = absent.map((name) => `mod_${name}`).join(', ');
  return missing('Apache modules', `${names} not in ${httpd.modulesDirectory}; install Apache's other modules or give --modules-directory`);
}

/** Has Apache load the module: only that tells of a Python library that is not where the module looks for it. */
function loadFinding(httpd: Httpd, modules: ModuleChoice, module: ModWsgi): Finding {
  const directives = [
    'ServerName localhost',
    'ErrorLog /dev/null',
    ...modules.load.map((name) => `LoadModule ${name}_module "${httpd.modulesDirectory}/mod_${name}.so"`),
    `LoadModule wsgi_module "${module.path}"`,
  ];
  const words = ['-t', '-f', '/dev/null', ...directives.flatMap((line) => ['-C', line])];
  const done = run(httpd.path, words, libraryPath(httpd, process.env));
  if (done.ok) return ok('Loading it', 'Apache loads the module');
  return missing(
    'Loading it',
    `Apache does not load ${module.path}: ${complaint(done.output)}; install mod_wsgi again: pip install mod_wsgi`,
  );
}

function moduleFinding(module: ModWsgi): Finding {
  const place = `${module.version}, ${module.path}${module.environment === null ? '' : ` (virtual environment ${module.environment})`}`;
  if (!atLeast(module.version, OLDEST)) return missing('mod_wsgi', `${place} is too old, ${OLDEST} is needed: pip install mod_wsgi`);
  if (atLeast(module.version, BEST)) return ok('mod_wsgi', place);
  return ok('mod_wsgi', `${place}; some options need ${BEST} (pip install mod_wsgi in a virtual environment)`);
}

const ASK_PYTHON = `
import sys
print('%d.%d.%d' % sys.version_info[:3])
import faulthandler, mmap, select, signal, _socket
assert hasattr(faulthandler, 'register') and hasattr(signal, 'SIGRTMIN')
print('complete')
`;

function pythonFindings({executable, home, version}: PythonFound): Finding[] {
  if (executable === null) {
    return [limited('Python', `there is no python${version} program: scripts are not checked before the start; install python${version}`)];
  }
  const {output} = run(executable, ['-I', '-c', ASK_PYTHON]);
  const found = /^\d+\.\d+\.\d+$/m.exec(output)?.[0];
  if (found === undefined) return [missing('Python', `${executable} does not run: ${output.split('\n').at(-1)}; install it again`)];
  const place = `${found}, ${executable}${home === null ? '' : `, home ${home}`}`;
  const stacks = /^complete$/m.test(output)
    ? ok('Stacks', 'of a process that is held up too, by signal (faulthandler)')
    : limited('Stacks', `not of a process that is held up: this Python lacks a part of its library (${output.split('\n').at(-1)})`);
  if (atLeast(found, OLDEST_PYTHON)) return [ok('Python', place), stacks];
  return [limited('Python', `${place}: older than ${OLDEST_PYTHON}, so no requests and stacks are shown; use a newer one`), stacks];
}

/** Apache, its modules, mod_wsgi and Python, as `start-server` without options would take them in this directory. */
export function serverFindings(host: Host): Finding[] {
  const parsed = parseStartServer([], host.env);
  if (parsed.action !== 'run') return [];
  const {options} = parsed;
  const httpd = findHttpd(options, host, moduleSources(options));
  if ('severity' in httpd) return [missing('Apache', httpd.text)];
  const started = run(httpd.path, ['-v'], libraryPath(httpd, process.env));
  const place = httpd.environment === undefined ? httpd.path : `${httpd.path} (of pip, in the virtual environment ${httpd.environment})`;
  const apache = started.ok
    ? ok('Apache', `${httpd.version || '2.4'}, ${place}`)
    : missing('Apache', `${httpd.path} does not run: ${complaint(started.output)}; install it again`);
  const modules = chooseModules(options, httpd);
  const found = findModWsgi(httpd, host.cwd, host);
  if ('severity' in found) return [apache, modulesFinding(modules, httpd), missing('mod_wsgi', found.text)];
  return [
    apache,
    modulesFinding(modules, httpd),
    moduleFinding(found.module),
    loadFinding(httpd, modules, found.module),
    ...pythonFindings(found.python),
  ];
}

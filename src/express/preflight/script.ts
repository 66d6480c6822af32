import {readFileSync} from 'node:fs';
import {setPriority} from 'node:os';
import {basename, dirname} from 'node:path';
import {nativeAsset} from '../assets.ts';
import {childProcess} from '../child-process.ts';
import {look} from '../look.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem, warning} from '../problem.ts';
import {directoryHint, missingHint, moduleHint} from './entry-hint.ts';
import {blockedText} from './reachable.ts';

/** A Python that hangs must not hang the start; it is far more than the check ever needs. */
const LIMIT_MS = 10_000;

/** Apache, which starts at the same time, goes first. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, 10);
  } catch {
    // Ended already, or another user's: it does not matter.
  }
}

/**
 * Runs native-shim/python/check_entry.py as the run user, so that what it cannot read is what the daemons will not be able to read.
 * @returns its records, the last one the verdict; null when it could not be run.
 */
function ask(plan: ServerPlan, python: string): Promise<string[][] | null> {
  const {application, runUser, asRoot} = plan;
  // Without site (-S) a start takes half the time; modules may be installed packages, so there it is needed.
  const flags = application.type === 'module' ? ['-I'] : ['-I', '-S'];
  const folders = [application.workingDirectory, ...application.pythonPaths];
  const args = [
    ...flags,
    '-X',
    'utf8',
    '-c',
    readFileSync(nativeAsset('check_entry.py'), 'utf8'),
    application.type,
    application.entry,
    application.callable,
    ...folders,
  ];
  return new Promise((resolve) => {
    const child = childProcess().spawn(python, args, {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
      ...(asRoot ? {uid: runUser.uid, gid: runUser.gid} : {}),
    });
    if (child.pid !== undefined) giveWay(child.pid);
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      output += text;
      if (output.endsWith('\0')) resolve(records(output.slice(0, -1)));
    });
    child.on('error', () => resolve(null));
    child.on('close', () => resolve(null));
  });
}

const records = (output: string): string[][] => output.split('\u001e').map((record) => record.split('\n'));

/** What is told in addition to the verdict. */
function interpretNote([kind, file = '', hidden = '']: string[]): Problem[] {
  const name = basename(file, '.py');
  if (kind === 'package') return [warning(`two modules "${name}": Python imports ${file}/, which hides ${hidden}; rename one of them`)];
  if (kind !== 'hides') return [];
  const what = hidden.includes('-packages/') ? 'the installed package' : "Python's own";
  return [warning(`${file} hides ${what} ${hidden}: "import ${name}" finds the file; rename it`)];
}

function interpret(plan: ServerPlan, verdict: string[], hidden: string | null): Problem | null {
  const {application, watch} = plan;
  const name = `${application.type === 'module' ? application.entry : basename(application.entry)}:${application.callable}`;
  // With --reload-on-changes the cure is on its way: the server starts, the screen shows the trouble, the next save ends it.
  const curable = watch.onChanges ? warning : failure;
  const [kind, file = application.entry, line, message, source] = verdict;
  switch (kind) {
    case 'syntax':
      return curable(`syntax error in ${file}, line ${line}: ${message}${source ? `: ${source}` : ''}; correct the file`);
    case 'missing': {
      const found = (line ?? '').split(' ').find(Boolean);
      const likely = found !== undefined && /^(?:create|make)_app$/.test(found) ? `'${found}()'` : found;
      const other = likely === undefined ? 'define it or name another with --callable-object' : `give --callable-object ${likely}`;
      const cure = hidden === null ? other : `it hides ${hidden}: rename one of the two`;
      return curable(`no callable in ${file}: it does not define "${application.callable.replace(/\(.*$/s, '')}"; ${cure}`);
    }
    case 'unreadable': {
      const reason = blockedText(application.entry, plan.runUser);
      return reason ? failure(`script cannot be read: ${reason}`) : null;
    }
    case 'arguments':
      return failure(
        `entry point ${name}: the arguments of the call must be literals, such as "text", 5 or True; put the rest into the module`,
      );
    case 'factory':
      return warning(`${name} makes the application, so it is called; name it "${name}()" to say so`);
    case 'asgi':
      if (file === 'a2wsgi')
        return warning(`${name} is an ASGI application: it is served through a2wsgi, without WebSockets and lifespan events`);
      return curable(
        `${name} is an ASGI application, and mod_wsgi serves WSGI: install a2wsgi (${plan.python.executable} -m pip install a2wsgi) and it is served through that, or use an ASGI server`,
      );
    case 'parameters':
      return curable(
        source === 'async'
          ? `${name} is no WSGI application: ${file}, line ${line}, defines it as async; leave that out`
          : `${name} is no WSGI application: it needs ${message} argument${message === '1' ? '' : 's'} (${file}, line ${line}); Apache calls it with (environ, start_response)`,
      );
    case 'returns':
      return curable(`${name}: ${message}() returns nothing (${file}, line ${line}), so there is no application; return it at its end`);
    case 'nowhere':
      return curable(
        `module not found: Python finds no "${application.entry}" in ${application.workingDirectory}, --python-path or its packages; ${moduleHint(application.entry)}`,
      );
    default:
      return null;
  }
}

/** Is the entry point there, readable by the run user, free of syntax errors, and does it define the callable. */
export async function checkScript(plan: ServerPlan): Promise<Problem[]> {
  const {application, runUser} = plan;
  if (application.type === 'static') return [];
  if (application.entry === '') {
    return [failure('no script: nothing to serve was named; give the path of a WSGI script, for example: wsgideck start-server app.wsgi')];
  }
  if (application.type !== 'module') {
    const {kind} = look(application.entry);
    if (kind === 'missing') return [failure(`script not found: there is no file ${application.entry}; ${missingHint(application.entry)}`)];
    if (kind === 'denied') {
      const reason =
        blockedText(application.entry, runUser) ?? `you may not look at ${application.entry}; allow it or move the script elsewhere`;
      return [failure(`script cannot be read: ${reason}`)];
    }
    if (kind !== 'file') return [failure(`script is not a file: ${application.entry}; ${directoryHint(application.entry)}`)];
    // Python runs as that user below, and says so when it cannot read the file; a folder it cannot enter keeps even Python from saying anything.
    const blocked = blockedText(dirname(application.entry), runUser, 'enter');
    if (blocked && plan.python.executable === null) return [failure(`script cannot be read: ${blocked}`)];
  }
  if (application.type === 'paste') {
    const blocked = blockedText(application.entry, runUser);
    return blocked ? [failure(`configuration cannot be read: ${blocked}`)] : [];
  }
  if (plan.python.executable === null) return [];
  const told = (await ask(plan, plan.python.executable)) ?? [];
  const verdict = told.pop();
  const hidden = told.find(([kind]) => kind === 'package')?.[2] ?? null;
  const problem = verdict && interpret(plan, verdict, hidden);
  // A failure that says it already needs no warning beside it.
  const notes = problem?.severity === 'error' && hidden !== null ? told.filter(([kind]) => kind !== 'package') : told;
  return [...notes.flatMap((record) => interpretNote(record)), ...(problem ? [problem] : [])];
}

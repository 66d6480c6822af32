import {setPriority} from 'node:os';
import {dirname} from 'node:path';
import {childProcess} from '../child-process.ts';
import {look} from '../look.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem, warning} from '../problem.ts';
import {directoryHint, missingHint, moduleHint} from './entry-hint.ts';
import {blockedText} from './reachable.ts';
import {SCRIPT_PROGRAM} from './script-program.ts';

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

/** Runs the checking program as the run user, so that what it cannot read is what the daemons will not be able to read. */
function ask(plan: ServerPlan, python: string): Promise<string[] | null> {
  const {application, runUser, asRoot} = plan;
  // Without site (-S) a start takes half the time; modules may be installed packages, so there it is needed.
  const flags = application.type === 'module' ? ['-I'] : ['-I', '-S'];
  const folders = [application.workingDirectory, ...application.pythonPaths];
  const args = [...flags, '-X', 'utf8', '-c', SCRIPT_PROGRAM, application.type, application.entry, application.callable, ...folders];
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
      if (output.endsWith('\0')) resolve(output.slice(0, -1).split('\n'));
    });
    child.on('error', () => resolve(null));
    child.on('close', () => resolve(null));
  });
}

function interpret(plan: ServerPlan, verdict: string[]): Problem | null {
  const {application, watch} = plan;
  // With --reload-on-changes the cure is on its way: the server starts, the screen shows the trouble, the next save ends it.
  const curable = watch.onChanges ? warning : failure;
  const [kind, file = application.entry, line, message, source] = verdict;
  switch (kind) {
    case 'syntax':
      return curable(`syntax error in ${file}, line ${line}: ${message}${source ? `: ${source}` : ''}; correct the file`);
    case 'missing': {
      const names = (line ?? '').split(' ').filter(Boolean);
      const cure = names.length > 0 ? `give --callable-object ${names[0]}` : 'define it or name another with --callable-object';
      return curable(`no callable in ${file}: it does not define "${application.callable}"; ${cure}`);
    }
    case 'unreadable': {
      const reason = blockedText(application.entry, plan.runUser);
      return reason ? failure(`script cannot be read: ${reason}`) : null;
    }
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
  const verdict = await ask(plan, plan.python.executable);
  const problem = verdict && interpret(plan, verdict);
  return problem ? [problem] : [];
}

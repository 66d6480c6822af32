/** Programs that read another process' Python stacks: where they are, and running them within bounds. */
import {execFile} from 'node:child_process';
import {accessSync, constants, readFileSync, realpathSync, statSync} from 'node:fs';
import {delimiter, dirname, isAbsolute, join} from 'node:path';
import {parsePystack, type ToolStacks} from './parse-pystack.ts';
import {parsePySpy} from './parse-py-spy.ts';

export interface StackTool {
  name: 'pystack' | 'py-spy';
  arguments: (pid: number) => string[];
  parse: (output: string) => ToolStacks;
  /** What it does not see, in one line. */
  uncovered: string;
}

/** Best first: pystack sees the frames of all interpreters. */
export const STACK_TOOLS: readonly StackTool[] = [
  {
    name: 'pystack',
    arguments: (pid) => ['remote', '--no-color', String(pid)],
    parse: parsePystack,
    uncovered: 'threads without Python code',
  },
  {
    name: 'py-spy',
    arguments: (pid) => ['dump', '--json', '--pid', String(pid)],
    parse: parsePySpy,
    uncovered: 'py-spy reads one interpreter, the one that was made last; threads without Python code',
  },
];

/** Milliseconds a program may take, and bytes it may print. The process is stopped while it is read. */
const PATIENCE = 5000;
const LARGEST = 8 * 1024 * 1024;

/**
 * The programs of this name, most likely first: beside the process' own Python, in its virtual environment (mod_wsgi 6.x is loaded from there), on PATH.
 * @param python path of the interpreter that belongs to the process, where known.
 */
export function findTool(name: string, pid: number, python: string | null): string[] {
  const folders = [
    ...(python !== null && isAbsolute(python) ? [dirname(python)] : []),
    ...environmentsOf(pid).map((one) => join(one, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute),
  ];
  return [...new Set(folders)].map((folder) => join(folder, name)).filter(isProgram);
}

/** Why root should not run this program; null when it is safe: nobody but root could have put it there. */
export function distrusted(path: string): string | null {
  if (process.getuid?.() !== 0) return null;
  const real = realpathSync(path);
  for (const one of [path, dirname(path), dirname(dirname(path)), real, dirname(real), dirname(dirname(real))]) {
    const {uid, gid, mode} = statSync(one);
    const writable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0);
    // In a folder such as /tmp nobody can replace what is another's.
    const open = writable && (mode & 0o1000) === 0;
    if (uid !== 0 || open) return `${path} could have been changed by others, and root does not run such programs`;
  }
  return null;
}

/**
 * @param runAs the user to run it as, where that is not ours.
 * @throws Error in one line: why there are no stacks.
 */
export async function runTool(tool: StackTool, path: string, pid: number, runAs?: {uid: number; gid: number}): Promise<ToolStacks> {
  const env = {PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', NO_COLOR: '1', PYTHONNOUSERSITE: '1'};
  const bounds = {timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: LARGEST} as const;
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(path, tool.arguments(pid), {...bounds, env, cwd: '/', ...runAs}, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(new Error(refusal(error, `${stderr}\n${stdout}`)));
    });
    child.stdin?.end();
  });
  let stacks: ToolStacks;
  try {
    stacks = tool.parse(output);
  } catch {
    throw new Error('it printed what is not understood here');
  }
  return stacks;
}

function refusal(error: Error & {killed?: boolean; code?: unknown}, words: string): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed too much';
  if (error.killed) return `it did not end within ${PATIENCE / 1000} s`;
  if (/operation not permitted|permission denied|ptrace/i.test(words))
    return 'not permitted to trace that process; that takes root (sudo), or in a container the capability SYS_PTRACE';
  const line = words
    .split('\n')
    .map((one) => one.trim())
    .find((one) => one !== '' && !one.startsWith('WARNING'));
  return (line ?? error.message.split('\n')[0] ?? 'it failed').slice(0, 200);
}

/** Virtual environments, or other Pythons, that the process has loaded libraries from. */
function environmentsOf(pid: number): string[] {
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
    return [...new Set([...maps.matchAll(/ (\/\S+)\/lib\/python3\.\d+[a-z]?\/site-packages\//g)].map((one) => one[1]!))].slice(0, 10);
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

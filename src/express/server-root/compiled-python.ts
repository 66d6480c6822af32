import {existsSync, mkdirSync, readdirSync, realpathSync} from 'node:fs';
import {setPriority} from 'node:os';
import {join} from 'node:path';
import {childProcess} from '../child-process.ts';
import {readKept, writeKept} from '../kept-file.ts';
import type {ServerPlan} from '../plan/server-plan.ts';

/** What a daemon process compiles on the way to its first response, and right after it. */
const NAMES = ['handler', 'agent_start', 'agent_main'];
const LIMIT_MS = 10_000;
const LARGEST = 1024 * 1024;
const FILE = /^(?:handler|agent_start|agent_main)\.[\w-]+\.pyc$/;

/** Writes one line: the names of the compiled files and their content, as JSON. PEP 552: with the hash of the source, which is looked at at each load. */
const PROGRAM = `
import base64, importlib.util, json, marshal, sys
kept = {}
for path in sys.argv[1:]:
    with open(path, 'rb') as file:
        source = file.read()
    code = marshal.dumps(compile(source, path, 'exec', dont_inherit=True))
    head = importlib.util.MAGIC_NUMBER + bytes((3, 0, 0, 0)) + importlib.util.source_hash(source)
    name = path.rpartition('/')[2][:-2] + sys.implementation.cache_tag + '.pyc'
    kept[name] = base64.b64encode(head + code).decode()
print(json.dumps(kept))
`;

/**
 * Where the compiled files are kept: apart for each run user, because they are made by a process of that user (and any process of his could put
 * something else in their place), and for each Python.
 */
function placeOf({python, runUser}: ServerPlan, kept: string): string | null {
  if (python.executable === null) return null;
  try {
    return join(kept, `python-${runUser.uid}-${encodeURIComponent(realpathSync.native(python.executable))}`);
  } catch {
    return null;
  }
}

/** A file for Python's __pycache__. */
export interface CompiledFile {
  name: string;
  content: Buffer;
}

/**
 * The compiled files of an earlier start that are whole.
 * @param kept folder of this version of ours, see src/cli/kept-code.ts.
 */
export function compiledPython(plan: ServerPlan, kept: string | null): CompiledFile[] {
  const place = kept && placeOf(plan, kept);
  try {
    return place ? readdirSync(place).flatMap((name) => wholeOnly(name, readKept(join(place, name)))) : [];
  } catch {
    return [];
  }
}

const wholeOnly = (name: string, content: Buffer | undefined): CompiledFile[] => (content === undefined ? [] : [{name, content}]);

/** Has the Python that serves compile our files of this server root, as the run user, for the next start. Never rejects: without, Python compiles them itself. */
export async function keepCompiledPython(plan: ServerPlan, kept: string | null): Promise<void> {
  const place = kept && placeOf(plan, kept);
  if (!place || compiledPython(plan, kept).length === NAMES.length) return;
  try {
    const files = JSON.parse(await compile(plan)) as Record<string, string>;
    if (!existsSync(place)) mkdirSync(place, {mode: 0o700});
    for (const [name, content] of Object.entries(files)) {
      if (FILE.test(name)) writeKept(join(place, name), Buffer.from(content, 'base64'));
    }
  } catch {
    // This Python cannot, the disk is full: the next start tries again.
  }
}

function compile({python, paths, runUser, asRoot}: ServerPlan): Promise<string> {
  const args = ['-I', '-S', '-X', 'utf8', '-c', PROGRAM, ...NAMES.map((name) => join(paths.deck, `${name}.py`))];
  const as = asRoot ? {uid: runUser.uid, gid: runUser.gid} : {};
  return new Promise((resolve, reject) => {
    const options = {cwd: '/', env: {}, timeout: LIMIT_MS, maxBuffer: LARGEST, ...as};
    const child = childProcess().execFile(python.executable!, args, options, (error, output) => (error ? reject(error) : resolve(output)));
    try {
      // Whatever else starts now goes first.
      if (child.pid !== undefined) setPriority(child.pid, 10);
    } catch {
      // Ended already.
    }
  });
}

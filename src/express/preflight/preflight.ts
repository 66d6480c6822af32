import {existsSync} from 'node:fs';
import type {ServerPlan} from '../plan/server-plan.ts';
import type {Problem} from '../problem.ts';
import {claimServerRoot, type Claiming} from '../server-root/claim.ts';
import {compiledPython} from '../server-root/compiled-python.ts';
import {inheritLock} from '../server-root/lock.ts';
import {releaseServerRoot, removeServerRoot, writeServerRoot} from '../server-root/write-server-root.ts';
import {checkFeatures} from './features.ts';
import {checkHttps} from './https.ts';
import {checkOptions} from './options.ts';
import {checkPorts, portsForGuard} from './port.ts';
import {checkScript} from './script.ts';
import {checkServerRoot} from './server-root.ts';

const isError = (problem: Problem): boolean => problem.severity === 'error';

/** Everything but the script: what needs no other process. */
async function checkPlace(plan: ServerPlan, ports = true): Promise<Problem[]> {
  const port = ports ? checkPorts(plan) : [];
  const options = [...checkOptions(plan), ...(await checkFeatures(plan)), ...(await checkHttps(plan))];
  const root = checkServerRoot(plan);
  // A live instance in the same server root also holds the port: one line says it all.
  const inUse = root.some((problem) => problem.text.startsWith('server root in use'));
  const onPort = (await port).filter((problem) => !inUse || !problem.text.includes('is in use'));
  return [...options, ...root, ...onPort];
}

/**
 * Looks for everything that would keep the server from starting or serving. Writes nothing. Empty when all is well.
 * The only process it starts is Python, first of all, so that everything else happens while that one is at it.
 */
export async function preflight(plan: ServerPlan): Promise<Problem[]> {
  const script = checkScript(plan);
  return [...(await checkPlace(plan)), ...(await script)];
}

export interface Prepared {
  /** With an error among them nothing has been written. */
  problems: Problem[];
  /** Takes back what was written: a new server root goes, an older one gives its lock back. */
  undo: () => void;
  /** For a guarded launch: writes the rest of the server root. @throws the system's error */
  finish: () => void;
}

export interface Preparing extends Claiming {
  /** Descriptor of the server root's lock, from whoever put us in the background. */
  lock?: number | null;
  /** The server root has just been made for this start, by whoever put us in the background. */
  fresh?: boolean;
  /** Where compiled code of an earlier start may be. */
  kept?: string | null;
  /** The launch goes by way of a guard that is told `portsForGuard`, and `finish` is called right after it. */
  guarded?: boolean;
}

/**
 * Everything before the launch, but for the script: checks the place and writes the server root. `checkScript` is left to the caller, because
 * Python takes as long to read the script as Apache to read its configuration: the two go on side by side. A guard is left to ask about the ports
 * where it can, unless there is an older server root that would be spoilt for a start that comes to nothing.
 * @throws the system's error when something cannot be written
 */
export async function prepareServer(
  plan: ServerPlan,
  {fresh = false, kept = null, guarded = false, lock = null, ...claiming}: Preparing = {},
): Promise<Prepared> {
  const existed = !fresh && existsSync(plan.paths.root);
  if (lock !== null) inheritLock(plan.paths.lock, lock);
  const later = guarded && !existed && portsForGuard(plan) !== null;
  // Setting up does not listen; the port may well be in use by the very server that is set up anew.
  const listens = !plan.options.setupOnly;
  const problems = await checkPlace(plan, listens && !later && !existed);
  const refused = (all: Problem[]): Prepared => ({problems: all, undo: () => {}, finish: () => {}});
  if (problems.some(isError)) {
    releaseServerRoot(plan);
    return refused(problems);
  }
  const claim = await claimServerRoot(plan, claiming);
  if (claim.problems.some(isError)) return refused(claim.problems);
  problems.push(...claim.problems);
  // Not before: an earlier server here, whose supervisor was killed, has let go of its port only now.
  if (listens && existed) problems.push(...(await checkPorts(plan)));
  if (problems.some(isError)) {
    releaseServerRoot(plan);
    return refused(problems);
  }
  // Another start may have used it while we waited for the lock.
  const spoilt = existed || existsSync(plan.paths.conf);
  const undo = () => (spoilt ? releaseServerRoot : removeServerRoot)(plan);
  try {
    const finish = writeServerRoot(plan, compiledPython(plan, kept));
    if (!guarded) finish();
    if (plan.options.setupOnly) releaseServerRoot(plan);
    return {problems, undo, finish};
  } catch (error) {
    undo();
    throw error;
  }
}

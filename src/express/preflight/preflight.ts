import type {ServerPlan} from '../plan/server-plan.ts';
import type {Problem} from '../problem.ts';
import {checkOptions} from './options.ts';
import {checkPort} from './port.ts';
import {checkScript} from './script.ts';
import {checkServerRoot} from './server-root.ts';

/**
 * Looks for everything that would keep the server from starting or serving, before anything is written. Empty when all is well.
 * The only process it starts is Python, first of all, so that everything else happens while that one is at it.
 */
export async function preflight(plan: ServerPlan): Promise<Problem[]> {
  const script = checkScript(plan);
  // Setting up does not listen; the port may well be in use by the very server that is set up anew.
  const port = plan.options.setupOnly ? [] : checkPort(plan);
  const options = checkOptions(plan);
  const root = checkServerRoot(plan);
  const problems = [...options, ...root, ...(await port), ...(await script)];
  // A live instance in the same server root also holds the port: one line says it all.
  const inUse = root.some((problem) => problem.text.startsWith('server root in use'));
  return problems.filter((problem) => !(inUse && problem.text.startsWith(`port ${plan.options.port} is in use`)));
}

import {tmpdir} from 'node:os';
import {resolve} from 'node:path';

/** What the planner needs to know about the process that asks, and its surroundings. */
export interface Host {
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid: number;
  gid: number;
  tmpdir: string;
}

/** The surroundings of this very process. */
export function currentHost(): Host {
  return {cwd: process.cwd(), env: process.env, uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1, tmpdir: resolve(tmpdir())};
}

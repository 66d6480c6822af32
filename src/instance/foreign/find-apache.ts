import {readArguments} from '../../sources/processes/proc-stat.ts';
import {processTree, quickProcessTree} from '../../sources/processes/process-tree.ts';

/** Apache's parent process. */
export interface ApacheProcess {
  pid: number;
  /** With the pid, its identity. */
  startTicks: number;
}

/**
 * Apache's parent below a guard, null while there is none. The original becomes Apache (its own process turns into a shell script, then into
 * httpd), but what it was started with may stand between: it is the first process that carries httpd's arguments as the original gives them.
 * @param thorough looks at all processes of the machine: a launcher may have started it from another thread than its first.
 */
export function findApache(guardPid: number, thorough: boolean): ApacheProcess | null {
  const tree = (thorough ? null : quickProcessTree([guardPid], [])) ?? processTree([guardPid]);
  for (const {pid, startTicks, state} of tree) {
    if (pid === guardPid || state === 'Z') continue;
    const argv = readArguments(pid);
    if (argv.includes('-f') && argv.includes('-k') && argv.includes('-DFOREGROUND')) return {pid, startTicks};
  }
  return null;
}

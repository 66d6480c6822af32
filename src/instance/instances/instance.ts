import type {Phase} from '../../model/events.ts';

/** A server with mod_wsgi on this machine, as far as the asking user may see it. */
export interface Instance {
  /**
   * `ours`: a supervisor of wsgideck watches over it. `original`: set up by mod_wsgi-express (or by setup-server) and run without one.
   * `system`: an Apache with a configuration of its own.
   */
  kind: 'ours' | 'original' | 'system';
  /** What to call it by: the application's folder (ours), the process group (the original), the program (the system's). */
  name: string;
  serverRoot: string;
  url?: string;
  /** Apache's parent. Null only for ours, while none runs (it has failed, or waits to be started again). */
  apachePid: number | null;
  supervisorPid?: number;
  /** Ours: takes commands. Named also when the asking user may not open it. */
  controlSocket?: string;
  /** Ours: what the asking user may do with it; `look` goes through the socket of --view-group. */
  access?: 'full' | 'look' | 'none';
  /** Ours, when it answers, or its supervisor is known to be gone. */
  state?: Phase;
  /** Who runs it: the supervisor's user, or that of Apache's parent. */
  user: string;
  /** Version, where it can be found out. */
  modWsgi?: string;
  /** Start of Apache's parent (of the supervisor, without one), milliseconds since the epoch. */
  since: number;
  /** Daemon processes and threads of each, where known; 0 processes is embedded mode. */
  processes?: number;
  threads?: number;
  /** The configuration file that Apache was started with, where it can be found out. */
  conf?: string;
  /** Why ours did not answer, in one line. */
  problem?: string;
  /** Ours, when everything that watched over it was killed and some of its processes live on. */
  leftBehind?: {statusFile: string; pids: number[]};
}

/** What a signal goes to: the supervisor of ours while there is one, otherwise Apache's parent. Null when neither is known. */
export function pidOf({supervisorPid, apachePid}: Instance): number | null {
  return supervisorPid ?? apachePid;
}

import type {InstanceInfo} from '../model/events.ts';
import type {ConfigView} from '../model/commands.ts';
import type {LogLevel} from '../model/log.ts';
import type {GuardLaunch} from './guard.ts';
import type {PhasePlan} from './phase-watch.ts';
import type {ProbeTarget} from './probe.ts';
import type {RawLogs} from './raw-logs.ts';
import type {SlotPlan} from './slots/slot-context.ts';

/** All that is needed to run one instance, worked out beforehand. */
export interface InstancePlan {
  info: InstanceInfo;
  launch: GuardLaunch;
  target: ProbeTarget;
  controlSocket: string;
  /** For those who may only look. */
  viewSocket?: {path: string; gid: number} | null;
  agentSocket: string;
  /** Makes the file of our lock anew when it was deleted (src/express/server-root/lock.ts): whoever took the lock has to. */
  renewLock?: () => 'kept' | 'anew' | 'lost';
  /** Path of the application's Python, where there is one: programs that read stacks are looked for beside it. */
  python?: string | null;
  /** Where each daemon process keeps its slots and fault file. */
  runDirectory: string;
  errorLog: string;
  /** With --rotate-logs the logs that Apache is told are links to the newest file. */
  rotated?: boolean;
  /** Our own access log. */
  accessLog: string;
  /** Sizes of both before Apache was started, in bytes: what is older belongs to an earlier run. */
  errorLogFrom: number;
  accessLogFrom: number;
  /** Logs that service scripts have of their own, and their sizes before the start. */
  serviceLogs?: readonly {name: string; path: string; from: number}[];
  /** How times by phase are had; none when left out. */
  phases?: PhasePlan;
  /** Who the daemons run as, when that is not ourselves. */
  runUser: {uid: number; gid: number} | null;
  /** What a change restarts the daemons for; null without --reload-on-changes. */
  watch: {roots: readonly string[]; include: readonly string[]; exclude: readonly string[]} | null;
  /** The two process groups of a reload by swap; without one new code takes the place of the old. */
  slots?: SlotPlan | null;
  /** Scripts of services: a change of one concerns nothing else. */
  services?: SlotPlan['services'];
  /** Without slots: daemon processes finish their requests (SIGUSR1) before they are replaced. */
  reloadGracefully?: boolean;
  /** For --browser-reload, the file that open pages ask for. */
  livePage?: string | null;
  /** Apache's general log level, as the user gave it. */
  logLevel: LogLevel;
  /** The options in effect and the generated configuration, for the screen. */
  config: () => ConfigView;
  /** Where the flight recorder keeps its files, and how many bytes of them; null for none. */
  recording?: {folder: string; maxBytes: number} | null;
  /** In plain mode the logs are printed as Apache writes them (--log-to-terminal). */
  rawLogs?: RawLogs;
  /** Printed before anything else in plain mode. */
  banner: readonly string[];
  /** What preflight found that does not stop the start. */
  warnings: readonly string[];
}

/** Processes of a server that a signal or a debugger has stopped. Pure. */
import type {ProcessRole, ProcessRow} from './events.ts';

export interface Stopped {
  /** Which processes, and what stopped them; no full stop. Holds a program's name. */
  text: string;
  /** What does not happen meanwhile. */
  effects: string[];
  /** How they continue; a clause. */
  remedy: string;
}

/** Roles without which requests wait, most important first. */
const SERVING: readonly ProcessRole[] = ['apache', 'daemon', 'child'];
const OTHERS: readonly ProcessRole[] = ['service', 'guard'];

const WORDS: Partial<Record<ProcessRole, string>> = {
  apache: "Apache's parent process",
  daemon: 'daemon process',
  child: "Apache's child process",
  service: 'service process',
  guard: 'the guard, process',
};
const EFFECTS: Partial<Record<ProcessRole, string>> = {
  apache: 'no process is replaced and no signal obeyed',
  daemon: 'its requests wait',
  child: 'the connections it has accepted wait',
  guard: 'nothing that is asked of the server reaches Apache',
};
/** So many are named, the others counted. */
const NAMED = 2;

/** Stopped processes without which the server does not serve as it should; null when there are none. */
export function selectStopped(processes: readonly ProcessRow[]): Stopped | null {
  return described(processes, SERVING);
}

/** The same of processes that no visitor waits for. */
export function selectStoppedOthers(processes: readonly ProcessRow[]): Stopped | null {
  return described(processes, OTHERS);
}

/** Is this process stopped: then its requests and their time limits stand still. */
export const isStopped = (processes: readonly ProcessRow[], pid: number): boolean =>
  processes.some((one) => one.pid === pid && one.stopped !== undefined);

/** The same of one process; null when nothing has stopped it. */
export function selectStoppedProcess(processes: readonly ProcessRow[], pid: number): Stopped | null {
  return described(
    processes.filter((one) => one.pid === pid),
    [...SERVING, ...OTHERS],
  );
}

/** In one line, for the state of a server. */
export const stoppedLine = ({text, remedy}: Stopped): string => `${text}; ${remedy}`;

function described(processes: readonly ProcessRow[], roles: readonly ProcessRole[]): Stopped | null {
  const found = roles.flatMap((role) => processes.filter((one) => one.role === role && one.stopped !== undefined));
  if (found.length === 0) return null;
  const names = found.slice(0, NAMED).map((one) => `${WORDS[one.role]} ${one.pid}`);
  const more = found.length - names.length;
  const all = more > 0 ? `${names.join(', ')} and ${more} more` : names.join(' and ');
  const by = [...new Set(found.map((one) => one.stopped!.by))].slice(0, NAMED).join(' and ');
  return {
    text: `${all} ${found.length === 1 ? 'is' : 'are'} stopped by ${by}`,
    effects: [...new Set(found.flatMap((one) => EFFECTS[one.role] ?? []))],
    remedy: remedy(found),
  };
}

function remedy(found: readonly ProcessRow[]): string {
  const signalled = found.filter((one) => one.stopped!.tracer === undefined).map((one) => one.pid);
  const tracers = [...new Set(found.flatMap((one) => one.stopped!.tracer ?? []))];
  const ways = [
    ...(signalled.length > 0 ? [`kill -CONT ${signalled.slice(0, 20).join(' ')} continues ${signalled.length === 1 ? 'it' : 'them'}`] : []),
    ...(tracers.length > 0 ? [`it continues when process ${tracers.join(', ')} detaches or ends`] : []),
  ];
  return ways.join('; ');
}

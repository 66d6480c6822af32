/** What the kernel tells of the threads of a process: name, state, system call, processor time. Linux; empty elsewhere. */
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {syscallOf, type Syscall} from './syscalls.ts';

export interface KernelThread {
  tid: number;
  /** Command name, at most 15 characters. */
  name: string;
  /** One letter: R running, S sleeping, D waiting for a device, T stopped, t traced. */
  state: string;
  /** Time on a processor so far, milliseconds. */
  cpuMs: number;
  /** How often it has gone to sleep by itself. */
  switches: number;
  /** What it sleeps in; null while it runs, and where our rights do not give it. */
  call: Syscall | null;
  /** The file, pipe or socket that the call is about, as the kernel names it. */
  target: string | null;
  /** The kernel's own function that it sleeps in, where that is told. */
  wchan: string | null;
}

const MAX_THREADS = 1000;

/** All threads of a process; empty when it is gone. */
export function kernelThreads(pid: number): KernelThread[] {
  let tids: string[] = [];
  try {
    tids = readdirSync(`/proc/${pid}/task`).slice(0, MAX_THREADS);
  } catch {
    return [];
  }
  return tids.flatMap((tid) => kernelThread(pid, Number(tid)) ?? []);
}

/** One thread; null when it is gone. Costs some 30 microseconds. */
export function kernelThread(pid: number, tid: number): KernelThread | null {
  const folder = `/proc/${pid}/task/${tid}`;
  const status = readText(`${folder}/status`);
  if (status === null) return null;
  const state = /^State:\s*(\S)/m.exec(status)?.[1] ?? '?';
  const cpu = readText(`${folder}/schedstat`);
  const [number = '', first = ''] = (state === 'R' ? '' : (readText(`${folder}/syscall`) ?? '')).split(' ');
  const call = /^\d+$/.test(number) ? syscallOf(Number(number)) : null;
  const wchan = readText(`${folder}/wchan`);
  return {
    tid,
    name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? '',
    state,
    cpuMs: cpu === null ? 0 : Number(cpu.split(' ')[0]) / 1e6,
    switches: Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? 0),
    call,
    target: call?.onDescriptor ? descriptor(pid, Number.parseInt(first, 16)) : null,
    wchan: wchan && wchan !== '0' ? wchan : null,
  };
}

const STATES: Record<string, string> = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting for a device (cannot be interrupted)',
  T: 'stopped by a signal',
  t: 'stopped by a debugger',
  Z: 'ended',
};

/** `sleeping in recvfrom (socket:[4711])`, `running, 97 % of a core`. */
export function kernelWords(now: KernelThread, before: KernelThread | undefined, ms: number): string {
  const state = STATES[now.state] ?? now.state;
  const share = before && ms > 0 ? Math.round(((now.cpuMs - before.cpuMs) / ms) * 100) : 0;
  const where = now.call?.name ?? now.wchan;
  const what =
    now.state === 'R' || where === undefined || where === null ? '' : ` in ${where}${now.target === null ? '' : ` (${now.target})`}`;
  return `${state}${what}${share > 0 ? `, ${Math.min(share, 100)} % of a core` : ''}`;
}

function descriptor(pid: number, fd: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).slice(0, 200);
  } catch {
    return null;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trimEnd();
  } catch {
    return null;
  }
}

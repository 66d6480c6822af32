import {readFileSync, readdirSync} from 'node:fs';
import {sleep} from './wait.ts';

export interface ProcessInfo {
  pid: number;
  ppid: number;
  pgid: number;
  /** State letter of /proc/PID/stat; Z has ended and waits for its parent. */
  state: string;
  /** Start in clock ticks since boot; with the pid it names one process for ever. */
  started: string;
  command: string;
}

/** One process, or null when there is none. */
export function processInfo(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold spaces and brackets; the fields start after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return {pid, state: fields[0] ?? '', ppid: Number(fields[1]), pgid: Number(fields[2]), started: fields[19] ?? '', command};
  } catch {
    return null;
  }
}

/** All processes of the machine. */
export function allProcesses(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processInfo(Number(name)))
    .filter((info) => info !== null);
}

/** Is it running: there, and not a zombie. */
export function alive(pid: number): boolean {
  const info = processInfo(pid);
  return info !== null && info.state !== 'Z' && info.state !== 'X';
}

/** Children, their children and so on, without the process itself. */
export function descendants(pid: number): ProcessInfo[] {
  const all = allProcesses();
  const found: ProcessInfo[] = [];
  const queue = [pid];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const info of all) {
      if (info.ppid !== parent) continue;
      found.push(info);
      queue.push(info.pid);
    }
  }
  return found;
}

/**
 * Running processes whose environment at their start held `name=value`: finds what a program left behind, whoever adopted it.
 * Zombies are left out: they hold nothing but their number.
 */
export function withEnvironment(name: string, value: string): ProcessInfo[] {
  const wanted = `${name}=${value}`;
  return allProcesses().filter((info) => {
    if (info.state === 'Z' || info.pid === process.pid) return false;
    try {
      return readFileSync(`/proc/${info.pid}/environ`, 'utf8').split('\0').includes(wanted);
    } catch {
      return false;
    }
  });
}

/** Kills each with SIGKILL, if it is still the process that was meant, and waits until it is gone. */
export async function killAll(processes: ProcessInfo[]): Promise<void> {
  const same = (info: ProcessInfo) => processInfo(info.pid)?.started === info.started && alive(info.pid);
  for (const info of processes) {
    try {
      if (same(info)) process.kill(info.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has just ended
    }
  }
  const end = Date.now() + 20_000;
  while (processes.some(same)) {
    if (Date.now() > end)
      throw new Error(
        `still there after SIGKILL: ${processes
          .filter(same)
          .map((info) => `${info.pid} ${info.command}`)
          .join(', ')}`,
      );
    await sleep(20);
  }
}

/** Signals one process if it is alive; says whether it was. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  if (!alive(pid)) return false;
  process.kill(pid, name);
  return true;
}

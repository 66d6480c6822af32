/** What the kernel says about a process and its threads. Linux; elsewhere everything is unknown and the agent's own word must do. */
import {readdirSync, readFileSync} from 'node:fs';

export interface ProcessFact {
  /** R S D T Z X… of /proc/PID/stat. */
  state: string;
  /** Clock ticks since boot, decimal: with the pid it names one process for good. */
  startTicks: string;
}

/** One thread's counters; differences between two readings tell what it does. */
export interface ThreadReading {
  /** Time on a processor, nanoseconds. */
  cpuNs: number;
  /** How often it went to sleep by itself. */
  switches: number;
  state: string;
}

/** null when the process does not exist. */
export function processFact(pid: number): ProcessFact | null {
  try {
    const fields = statFields(`/proc/${pid}/stat`);
    return {state: fields[0] ?? '?', startTicks: fields[19] ?? ''};
  } catch {
    return null;
  }
}

/** Does it still run, as the same process. */
export function isRunning(pid: number, startTicks: string): boolean {
  const fact = processFact(pid);
  return fact !== null && fact.startTicks === startTicks && fact.state !== 'Z' && fact.state !== 'X';
}

/** Has the process a handler for this signal. The default action of a real-time signal is to kill, so nothing else counts as proof. */
export function catchesSignal(pid: number, signal: number): boolean {
  try {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return caught !== undefined && ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** User id that the process runs as; null when it is not there. */
export function processUid(pid: number): number | null {
  try {
    const uid = /^Uid:\s*\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return uid === undefined ? null : Number(uid);
  } catch {
    return null;
  }
}

/** Readings of all threads of a process by kernel thread id; at most 1,000 of them. */
export function threadReadings(pid: number): Map<number, ThreadReading> {
  const found = new Map<number, ThreadReading>();
  let tids: string[] = [];
  try {
    tids = readdirSync(`/proc/${pid}/task`).slice(0, 1000);
  } catch {
    return found;
  }
  for (const tid of tids) {
    try {
      const folder = `/proc/${pid}/task/${tid}`;
      const status = readFileSync(`${folder}/status`, 'latin1');
      found.set(Number(tid), {
        cpuNs: Number(readFileSync(`${folder}/schedstat`, 'latin1').split(' ')[0]),
        switches: Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? 0),
        state: /^State:\s*(\S)/m.exec(status)?.[1] ?? '?',
      });
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return found;
}

function statFields(path: string): string[] {
  const stat = readFileSync(path, 'latin1');
  // The command's name may hold spaces and brackets; the fields start after the last one.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

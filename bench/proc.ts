import {readFileSync} from 'node:fs';
import {processInfo} from '../test/support/processes.ts';

/** Linux's USER_HZ, the unit of /proc/PID/stat; 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process has used so far, in user and system mode; 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  if (processInfo(pid) === null) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Proportional set size in bytes: shared pages count by their share. */
export function pss(pid: number): number {
  const found = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  if (found === null) throw new Error(`/proc/${pid}/smaps_rollup has no Pss line`);
  return Number(found[1]) * 1024;
}

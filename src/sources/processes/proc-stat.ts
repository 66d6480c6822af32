/**
 * Figures of one process straight from /proc (Linux). 20 processes cost about 0.2 ms; systeminformation would fork for each reading.
 */
import {closeSync, openSync, readFileSync, readSync} from 'node:fs';

export interface ProcStat {
  pid: number;
  ppid: number;
  /** Command name, at most 15 characters, as the process calls itself. */
  comm: string;
  /** One letter: R running, S sleeping, D waiting for a device, T stopped, Z ended and not collected. */
  state: string;
  pgrp: number;
  session: number;
  /** CPU time used so far, user and system, in clock ticks. */
  cpuTicks: number;
  threads: number;
  /** Start time in clock ticks since boot: with the pid it identifies a process for good. */
  startTicks: number;
  /** Resident memory in bytes, shared pages included. */
  rss: number;
}

/** Clock ticks a second in /proc: fixed at 100 for user space on every Linux architecture (USER_HZ). */
export const TICKS_PER_SECOND = 100;
/** Pages are 4 KiB except on some arm64 and ppc64 kernels; found out once. */
let pageSize = 0;

/** Reads one process; null when there is none with this pid (any more), or no /proc. */
export function readProcess(pid: number): ProcStat | null {
  let text: string;
  try {
    text = readShort(`/proc/${pid}/stat`);
  } catch {
    return null;
  }
  return parseStat(text);
}

/** Longer than any `/proc/PID/stat`, and than the list of a thousand children. */
const SHORT = Buffer.allocUnsafe(8192);

/**
 * A file of /proc that is not long, for those read many times a second: three system calls and no new buffer, where readFileSync makes five and
 * one. What does not fit is read in the ordinary way. Throws the system's error.
 */
export function readShort(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const read = readSync(fd, SHORT, 0, SHORT.length, null);
    return read < SHORT.length ? SHORT.toString('latin1', 0, read) : readFileSync(path, 'latin1');
  } finally {
    closeSync(fd);
  }
}

/** `/proc/PID/stat` -> figures. The command name may hold blanks and brackets, so fields are counted from the last `)`. */
export function parseStat(text: string): ProcStat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  // fields[0] is field 3 of proc(5): state.
  const fields = text.slice(close + 2).split(' ');
  if (fields.length < 22) return null;
  return {
    pid: Number(text.slice(0, open - 1)),
    comm: text.slice(open + 1, close),
    state: fields[0]!,
    ppid: Number(fields[1]),
    pgrp: Number(fields[2]),
    session: Number(fields[3]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    threads: Number(fields[17]),
    startTicks: Number(fields[19]),
    rss: Number(fields[21]) * knownPageSize(),
  };
}

/** Proportional memory in bytes (shared pages divided among their users); null where the kernel or our rights do not give it. */
export function readPss(pid: number): number | null {
  try {
    const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
    return match ? Number(match[1]) * 1024 : null;
  } catch {
    return null;
  }
}

/** Arguments of a process; empty for kernel threads, ended processes and where there is no /proc. */
export function readArguments(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return text === '' ? [] : text.replace(/\0+$/, '').split('\0');
  } catch {
    return [];
  }
}

/** Is the process that had this start time still the one with this pid? Pids are reused; the pair is not. */
export function isSame(pid: number, startTicks: number): boolean {
  return readProcess(pid)?.startTicks === startTicks;
}

let bootedAt = 0;

/** When a process started, in milliseconds since the epoch, exact to about 10 ms. */
export function startedAt(startTicks: number): number {
  if (bootedAt === 0) bootedAt = readBootTime();
  return Math.round(bootedAt + (startTicks * 1000) / TICKS_PER_SECOND);
}

/**
 * `/proc/uptime` gives hundredths of a second where btime of /proc/stat gives whole ones. In containers with their own uptime the two
 * disagree; then btime, which goes with the start times, is right.
 */
function readBootTime(): number {
  try {
    const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    const precise = Date.now() - uptime * 1000;
    const btime = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]) * 1000;
    return Math.abs(precise - btime) < 2000 ? precise : btime;
  } catch {
    return 0;
  }
}

function knownPageSize(): number {
  if (pageSize === 0) pageSize = findPageSize();
  return pageSize;
}

/** Our own memory mappings state their page size; there is no other way to it without a child process. */
function findPageSize(): number {
  try {
    const match = /^KernelPageSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps', 'latin1').slice(0, 4096));
    return match ? Number(match[1]) * 1024 : 4096;
  } catch {
    return 4096;
  }
}

/** What a thread sleeps in, by the number of its system call, in words that fit after "waiting for" or alone. Linux. */
import {endianness} from 'node:os';

/** Kinds of waiting that a person cares about. */
export type WaitKind = 'lock' | 'sleep' | 'events' | 'network' | 'file' | 'child' | 'other';

export interface Syscall {
  name: string;
  kind: WaitKind;
  /** Its first argument is a file descriptor. */
  onDescriptor: boolean;
}

/** [name, kind, does it take a descriptor, number on x86-64 (null: not there), number on arm64]. From the kernel's tables, which never change. */
const TABLE: readonly [string, WaitKind, boolean, number | null, number][] = [
  ['read', 'file', true, 0, 63],
  ['write', 'file', true, 1, 64],
  ['open', 'file', false, 2, -1],
  ['poll', 'events', false, 7, -1],
  ['pread', 'file', true, 17, 67],
  ['pwrite', 'file', true, 18, 68],
  ['readv', 'file', true, 19, 65],
  ['writev', 'file', true, 20, 66],
  ['select', 'events', false, 23, -1],
  ['nanosleep', 'sleep', false, 35, 101],
  ['connect', 'network', true, 42, 203],
  ['accept', 'network', true, 43, 202],
  ['sendto', 'network', true, 44, 206],
  ['recvfrom', 'network', true, 45, 207],
  ['sendmsg', 'network', true, 46, 211],
  ['recvmsg', 'network', true, 47, 212],
  ['wait4', 'child', false, 61, 260],
  ['fcntl', 'lock', true, 72, 25],
  ['flock', 'lock', true, 73, 32],
  ['fsync', 'file', true, 74, 82],
  ['fdatasync', 'file', true, 75, 83],
  ['futex', 'lock', false, 202, 98],
  ['clock_nanosleep', 'sleep', false, 230, 115],
  ['epoll_wait', 'events', true, 232, -1],
  ['waitid', 'child', false, 247, 95],
  ['openat', 'file', false, 257, 56],
  ['pselect', 'events', false, 270, 72],
  ['ppoll', 'events', false, 271, 73],
  ['epoll_pwait', 'events', true, 281, 22],
  ['accept4', 'network', true, 288, 242],
  ['recvmmsg', 'network', true, 299, 243],
];

const COLUMN = process.arch === 'x64' ? 3 : process.arch === 'arm64' && endianness() === 'LE' ? 4 : null;

/** The system call with this number on this machine; null for those that say nothing to a person, and on other processors. */
export function syscallOf(number: number): Syscall | null {
  if (COLUMN === null) return null;
  const row = TABLE.find((one) => one[COLUMN] === number);
  return row ? {name: row[0], kind: row[1], onDescriptor: row[2]} : null;
}

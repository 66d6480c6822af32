/** What has stopped a process, from /proc (Linux). */
import {readFileSync} from 'node:fs';
import {constants} from 'node:os';
import type {StopReason} from '../../model/events.ts';
import {readProcess, readShort} from './proc-stat.ts';

/** States of /proc/PID/stat: stopped by a signal, stopped by a tracer. */
export const isStopped = (state: string): boolean => state === 'T' || state === 't';

/** Signals that the kernel sends to a background process that uses its terminal. */
const TERMINAL: Record<string, string> = {
  SIGTTIN: 'it read its terminal in the background',
  SIGTTOU: 'it changed its terminal in the background',
  SIGTSTP: 'ctrl-z on its terminal, or kill -TSTP',
};

/**
 * What stopped a process that is in state T or t. `progress` counts how often it has run: the same
 * in two readings means that it stood still between them. Null when it is gone, or when a program
 * of ours holds it for a moment to read its stacks.
 */
export function stopReason(pid: number, state: string): {reason: StopReason; progress: string} | null {
  let status: string;
  try {
    status = readShort(`/proc/${pid}/status`);
  } catch {
    return null;
  }
  const progress = [...status.matchAll(/^(?:non)?voluntary_ctxt_switches:\s*(\d+)$/gm)].map(([, count]) => count).join(' ');
  const tracer = Number(/^TracerPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
  if (state === 't' && tracer > 0) {
    const who = readProcess(tracer);
    if (who?.ppid === process.pid) return null;
    return {reason: {by: `${who?.comm || 'a debugger'} (process ${tracer})`, tracer}, progress};
  }
  const signal = signalName(pid);
  return {reason: {by: signal === null ? 'a signal' : signal + (TERMINAL[signal] ? ` (${TERMINAL[signal]})` : '')}, progress};
}

/**
 * Field 52 of /proc/PID/stat. The kernel gives 0 to those who may not trace the process, and after
 * its parent has asked for it: Apache does, every second, of its children.
 */
function signalName(pid: number): string | null {
  let number: number;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    number = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[49]);
  } catch {
    return null;
  }
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

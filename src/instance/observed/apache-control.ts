import {kill} from 'node:process';
import type {CommandResult} from '../../model/commands.ts';
import {isSame} from '../../sources/processes/proc-stat.ts';
import {userOf} from '../instances/our-instance.ts';

/** A process, and what makes it unmistakable. */
export interface Target {
  pid: number;
  startTicks: number;
  /** For people: "Apache", "daemon". */
  what: string;
}

/** Sends a signal to the process that is meant, never to a later one of the same number; says in one line what was done or why not. */
export function sendSignal(
  {pid, startTicks, what}: Target,
  signal: NodeJS.Signals,
  done = `sent ${signal} to ${what} ${pid}`,
): CommandResult {
  if (!isSame(pid, startTicks)) return {ok: false, text: `${what} ${pid} is gone already`};
  try {
    kill(pid, signal);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return {ok: false, text: `${what} ${pid} is gone already`};
    if (code === 'EPERM')
      return {ok: false, text: `not permitted: ${what} ${pid} belongs to ${userOf(pid)}; attach as that user or with sudo`};
    return {ok: false, text: `${signal} to ${pid}: ${message}`};
  }
  return {ok: true, text: done};
}

/** May we signal it at all? Null when we may, else why not in one line. */
export function whyNot({pid, startTicks, what}: Target): string | null {
  if (!isSame(pid, startTicks)) return null;
  try {
    kill(pid, 0);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
      ? `${what} ${pid} belongs to ${userOf(pid)}: what changes the server is refused here`
      : null;
  }
}

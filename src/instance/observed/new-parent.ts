import {readFileSync} from 'node:fs';
import {readProcess} from '../../sources/processes/proc-stat.ts';
import type {ServerConfig} from './server-config.ts';

/** Apache's parent as its pid file names it, when that is a younger process than the one that was known; null otherwise. */
export function newParent({pidFile}: ServerConfig, olderThan: number): {pid: number; startTicks: number} | null {
  if (pidFile === null) return null;
  try {
    const stat = readProcess(Number(readFileSync(pidFile, 'utf8').trim()));
    return stat && stat.startTicks > olderThan && stat.state !== 'Z' ? {pid: stat.pid, startTicks: stat.startTicks} : null;
  } catch {
    return null;
  }
}

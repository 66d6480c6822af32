import {readProcess, type ProcStat} from '../../sources/processes/proc-stat.ts';
import {readRegular} from '../../express/regular-file.ts';
import {userOf} from '../instances/our-instance.ts';
import type {ServerConfig} from './server-config.ts';

/** What is known of the Apache's parent that has gone. */
export interface Former {
  stat: ProcStat;
  user: string;
}

/**
 * Apache's parent as its pid file names it, when that is a younger process of the same program and user than the one that has gone; null otherwise. A pid
 * file may be somebody's to write: it must not lead our signals to a process of another kind or owner.
 */
export function newParent({pidFile}: ServerConfig, former: Former): ProcStat | null {
  const text = pidFile === null ? null : readRegular(pidFile, 100);
  const pid = Number(text?.trim());
  if (text === null || !Number.isSafeInteger(pid) || pid <= 1) return null;
  const stat = readProcess(pid);
  if (!stat || stat.startTicks <= former.stat.startTicks || stat.state === 'Z') return null;
  return stat.comm === former.stat.comm && userOf(pid) === former.user ? stat : null;
}

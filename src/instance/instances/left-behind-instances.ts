import {readFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {startedAt} from '../../sources/processes/proc-stat.ts';
import {MARK, parseMark} from '../guard-mark.ts';
import {findLeftBehind, type LeftBehind} from '../left-behind.ts';
import type {Instance} from './instance.ts';
import {type ApacheParent, ancestry, type readMachine} from './machine.ts';
import {addressOf, groupsOf, GUARD, userOf} from './our-instance.ts';

/**
 * Servers of ours of which only children are left: see left-behind.ts.
 * @param serverRoots of the Apaches that run, for processes that may not be looked into.
 */
export function leftBehindInstances(
  machine: ReturnType<typeof readMachine>,
  apaches: readonly ApacheParent[],
  serverRoots: readonly string[],
): Instance[] {
  const files = new Set(serverRoots.map((root) => join(root, 'wsgideck', 'guard.status')));
  for (const [pid, {state}] of machine) {
    if (state === 'Z' || ancestry(pid, machine).some(({comm}) => comm === GUARD)) continue;
    const file = statusFileOf(pid);
    if (file !== null) files.add(file);
  }
  return [...files].flatMap((file) => {
    const left = findLeftBehind(file);
    return left === null ? [] : [describe(left, machine, apaches)];
  });
}

function statusFileOf(pid: number): string | null {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    const value = environment.split('\0').find((one) => one.startsWith(`${MARK}=`));
    return (value !== undefined && parseMark(value.slice(MARK.length + 1))?.statusFile) || null;
  } catch {
    return null; // gone, or not ours to look into
  }
}

function describe({statusFile, pids}: LeftBehind, machine: ReturnType<typeof readMachine>, apaches: readonly ApacheParent[]): Instance {
  const folder = dirname(statusFile);
  const serverRoot = basename(folder) === 'wsgideck' ? dirname(folder) : folder;
  const group = apaches.filter(({stat}) => pids.includes(stat.pid)).flatMap(nameOf)[0];
  const url = addressOf(group);
  const since = Math.min(...pids.flatMap((pid) => machine.get(pid)?.startTicks ?? []));
  return {
    kind: 'ours',
    name: group ?? basename(serverRoot),
    serverRoot,
    ...(url !== undefined && {url}),
    apachePid: null,
    access: 'none',
    user: userOf(pids[0]!),
    since: Number.isFinite(since) ? startedAt(since) : Date.now(),
    problem: `it was killed, with all that watched over it; ${pids.length} of its processes live on (${pids.join(', ')}): wsgideck stop ${serverRoot} ends them`,
    leftBehind: {statusFile, pids},
  };
}

/** An orphaned daemon is a parent among Apaches, and has its group's name itself. */
const nameOf = (parent: ApacheParent): string[] => groupsOf({...parent, titles: [...parent.titles, parent.argv[0] ?? '']});

import {readdirSync} from 'node:fs';
import {readArguments, readProcess, type ProcStat} from '../../sources/processes/proc-stat.ts';

/** Names of Apache's program: the kernel's name of a process is the file's, whatever the process calls itself. */
const APACHE = /^(?:apache2|httpd)(?:[.-]\w+)?$/;

/** Apache's first process, with what runs below it. */
export interface ApacheParent {
  stat: ProcStat;
  argv: string[];
  children: ProcStat[];
  /** What the children call themselves; mod_wsgi's daemons have names of their own. */
  titles: string[];
}

/** All processes of the machine that may be seen, by pid; empty where there is no /proc. */
export function readMachine(): Map<number, ProcStat> {
  const all = new Map<number, ProcStat>();
  let names: string[] = [];
  try {
    names = readdirSync('/proc');
  } catch {
    return all;
  }
  for (const name of names) {
    const stat = /^\d+$/.test(name) ? readProcess(Number(name)) : null;
    if (stat) all.set(stat.pid, stat);
  }
  return all;
}

/** Every running Apache: processes of its program that no other of the same program has started. */
export function apacheParents(all: ReadonlyMap<number, ProcStat>): ApacheParent[] {
  const apaches = [...all.values()].filter((one) => APACHE.test(one.comm) && one.state !== 'Z');
  return apaches
    .filter((one) => all.get(one.ppid)?.comm !== one.comm)
    .map((stat) => {
      const children = apaches.filter((one) => one.ppid === stat.pid);
      return {stat, argv: readArguments(stat.pid), children, titles: children.map((one) => readArguments(one.pid)[0] ?? '')};
    });
}

/** The process itself and what it descends from, nearest first. */
export function ancestry(pid: number, all: ReadonlyMap<number, ProcStat>): ProcStat[] {
  const line: ProcStat[] = [];
  for (let one = all.get(pid); one && !line.includes(one); one = all.get(one.ppid)) line.push(one);
  return line;
}

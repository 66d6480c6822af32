/** Which of Apache's children are mod_wsgi's daemons, and of which group. */
import {readFileSync, readdirSync, readlinkSync} from 'node:fs';
import {readArguments} from '../../sources/processes/proc-stat.ts';
import type {SampledProcess} from '../../sources/processes/process-sampler.ts';
import type {DaemonGroup} from './server-config.ts';

/**
 * Names the daemons by, in this order:
 * - their display-name, where the configuration gives them one;
 * - the one listening socket that a daemon holds, `wsgi.PARENT.*.N.sock` where N is the group's number (measured on 4.9.4 and 6.1.1): for who may
 *   look into the process;
 * - the number of threads they had when first seen: those of the group and three of mod_wsgi's own. Apache's own children have others.
 */
export class DaemonRows {
  readonly #groups: readonly DaemonGroup[];
  /** By pid and start: a process stays what it is. */
  readonly #known = new Map<string, DaemonGroup | null>();
  /** True once a process was told by its threads only. */
  guessed = false;

  constructor(groups: readonly DaemonGroup[]) {
    this.#groups = groups;
  }

  /** The rows of Apache and all below it, daemons with their role and group. */
  refine(rows: readonly SampledProcess[], apachePid: number): SampledProcess[] {
    const parent = rows.find((row) => row.pid === apachePid);
    const below = new Set([apachePid]);
    // Parents may come after their children in the order of the rows.
    for (let before = 0; before !== below.size;) {
      before = below.size;
      for (const row of rows) if (below.has(row.ppid)) below.add(row.pid);
    }
    const sockets = new Lazy(() => listeningSockets(apachePid));
    const found = rows.filter((row) => below.has(row.pid)).map((row) => this.#row(row, parent, sockets));
    const keys = new Set(found.map(keyOf));
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    return found;
  }

  #row(row: SampledProcess, parent: SampledProcess | undefined, sockets: Lazy<Map<string, number>>): SampledProcess {
    if (!parent || row.pid === parent.pid || row.ppid !== parent.pid || row.role === 'service') return row;
    let group = this.#known.get(keyOf(row));
    if (group === undefined) {
      group = this.#groupOf(row, parent, sockets);
      // A process that has just been forked has not got its name or closed its parent's sockets yet: look again.
      if (group !== null || Date.now() - row.startedAt > 3000) this.#known.set(keyOf(row), group);
    }
    if (group === null) return row.role === 'other' && row.label === parent.label ? {...row, role: 'child'} : row;
    return {...row, role: group.name.startsWith('service:') ? 'service' : 'daemon', label: group.name.replace(/^service:/, '')};
  }

  #groupOf(row: SampledProcess, parent: SampledProcess, sockets: Lazy<Map<string, number>>): DaemonGroup | null {
    const name = (readArguments(row.pid)[0] ?? '').trimEnd();
    // mod_wsgi cuts the name to the room that Apache's own had.
    const named = this.#groups.filter((one) => one.displayName !== null && name !== '' && one.displayName.startsWith(name));
    const exact = named.find((one) => one.displayName === name) ?? (named.length === 1 && name.startsWith('(wsgi:') ? named[0] : undefined);
    if (exact) return exact;
    if (row.role === 'daemon') return this.#groups.find((one) => one.name === row.label) ?? null;
    if (row.role !== 'child' || !this.#groups.some((one) => one.displayName === null)) return null;
    const held = heldSockets(row.pid);
    if (held !== null) {
      const ids = held.flatMap((inode) => sockets.get().get(inode) ?? []);
      return ids.length === 1 ? (this.#groups.find((one) => one.id === ids[0]) ?? null) : null;
    }
    const fitting = this.#groups.filter((one) => one.displayName === null && one.threads + 3 === row.threads);
    if (fitting.length > 0 && row.threads !== parent.threads) this.guessed = true;
    return fitting[0] ?? null;
  }
}

class Lazy<T> {
  readonly #make: () => T;
  #value: {is: T} | null = null;

  constructor(make: () => T) {
    this.#make = make;
  }

  get(): T {
    this.#value ??= {is: this.#make()};
    return this.#value.is;
  }
}

const keyOf = (row: SampledProcess): string => `${row.pid}:${row.startTicks}`;

/** Inode of each listening socket of an Apache's daemon groups -> the group's number. */
function listeningSockets(apachePid: number): Map<string, number> {
  const found = new Map<string, number>();
  try {
    for (const line of readFileSync('/proc/net/unix', 'latin1').split('\n')) {
      const [, inode, parent, id] = /\s(\d+) \S*wsgi\.(\d+)\.[^/]*?\.(\d+)\.sock$/.exec(line) ?? [];
      if (inode !== undefined && Number(parent) === apachePid) found.set(inode, Number(id));
    }
  } catch {
    // No such file in this kernel: nothing is known by sockets.
  }
  return found;
}

/** Inodes of the sockets that a process has open; null when we may not know. */
function heldSockets(pid: number): string[] | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []);
  } catch {
    return null;
  }
}

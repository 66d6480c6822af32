import {HAS_PROC} from '../../sources/processes/process-tree.ts';
import {apachePlace} from './apache-place.ts';
import {controlSockets} from './control-sockets.ts';
import {foreignInstance, hasModule} from './foreign-instance.ts';
import type {Instance} from './instance.ts';
import {leftBehindInstances} from './left-behind-instances.ts';
import {apacheParents, readMachine} from './machine.ts';
import {ourInstance, silentInstance} from './our-instance.ts';

/** What there is on this machine, and what could not be told. */
export interface Survey {
  /** Ours first, then in order of start. */
  instances: Instance[];
  /** Apaches of other users of which we may not see whether mod_wsgi is in them. */
  unclear: number[];
  /** Without /proc (macOS) nothing can be found, only named by its server root. */
  canLook: boolean;
}

/** Looks for every server with mod_wsgi on this machine: ours, the original's, and Apaches that the system started. Never rejects. */
export async function survey(): Promise<Survey> {
  const machine = readMachine();
  const apaches = apacheParents(machine).map((parent) => {
    const place = apachePlace(parent);
    return {parent, place, serverRoot: place.serverRoot, conf: place.conf};
  });
  const ours = await Promise.all(controlSockets().map((socket) => ourInstance(socket, apaches, machine)));
  const parents = apaches.map(({parent}) => parent);
  const leftBehind = leftBehindInstances(
    machine,
    parents,
    apaches.flatMap(({serverRoot}) => serverRoot ?? []),
  );
  ours.push(...leftBehind);
  const taken = new Set([...ours.map(({apachePid}) => apachePid), ...leftBehind.flatMap((one) => one.leftBehind?.pids ?? [])]);
  const others: Instance[] = [];
  const unclear: number[] = [];
  for (const {parent, place} of apaches.filter((one) => !taken.has(one.parent.stat.pid))) {
    const silent = silentInstance(parent, place, machine);
    const module = silent === null ? hasModule(parent, place) : null;
    if (silent !== null) ours.push(silent);
    else if (module?.has === true) others.push(foreignInstance(parent, place, module.version));
    else if (module?.has === 'unknown') unclear.push(parent.stat.pid);
  }
  const byStart = (list: Instance[]) => list.toSorted((a, b) => a.since - b.since);
  return {instances: [...byStart(ours), ...byStart(others)], unclear, canLook: HAS_PROC};
}

/** The servers alone. */
export async function findInstances(): Promise<Instance[]> {
  return (await survey()).instances;
}

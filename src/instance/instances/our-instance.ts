import {lstatSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {connectDeck} from '../../control/client.ts';
import {reach, type Reach} from '../../control/reach.ts';
import {userName} from '../../express/discovery/accounts.ts';
import {liveOwner} from '../../express/server-root/lock.ts';
import {isStoppedNow, stoppedText} from '../../express/server-root/stopped-owner.ts';
import type {InstanceState} from '../../model/state.ts';
import {readArguments, startedAt} from '../../sources/processes/proc-stat.ts';
import {processUid} from '../../sources/agent/proc.ts';
import type {ApachePlace} from './apache-place.ts';
import type {ControlSocket} from './control-sockets.ts';
import type {Instance} from './instance.ts';
import {listenerOf, urlOf} from './listeners.ts';
import {ancestry, type ApacheParent, type readMachine} from './machine.ts';

/** Milliseconds for a supervisor to answer; a stopped one does not, and the others are to be listed all the same. */
const PATIENCE = 1500;
/** The guard's program, as the kernel cuts its name. */
export const GUARD = 'wsgideck-guard';

type Machine = ReturnType<typeof readMachine>;

/** Describes a server of ours: by what its supervisor says, or, where that does not answer us, by what the machine shows. */
export async function ourInstance(
  {path, serverRoot}: ControlSocket,
  apaches: readonly {parent: ApacheParent; serverRoot: string | null; conf: string | null}[],
  machine: Machine,
): Promise<Instance> {
  const reached = reach(path);
  const {state, problem} = stoppedBelow(serverRoot, apaches, machine) ?? (await ask(reached));
  const owner = liveOwner(join(dirname(path), 'lock'))?.pid;
  const known = serverRoot ?? state?.info?.serverRoot;
  const apache =
    apaches.find(({parent}) => parent.stat.pid === state?.lifecycle.apachePid) ??
    apaches.find((one) => one.serverRoot === known && guardOf(one.parent, machine) !== null) ??
    // The socket of `run` is in a folder of its own.
    apaches.find(({parent}) => owner !== undefined && guardOf(parent, machine)?.supervisorPid === owner);
  const root = known ?? apache?.serverRoot ?? dirname(path);
  const supervisorPid = state?.info?.supervisorPid ?? owner ?? (apache && guardOf(apache.parent, machine)?.supervisorPid) ?? undefined;
  const since = apache?.parent.stat.startTicks ?? (supervisorPid === undefined ? undefined : machine.get(supervisorPid)?.startTicks);
  const instance: Instance = {
    kind: 'ours',
    name: state?.name || (apache && groupsOf(apache.parent)[0]) || basename(root),
    serverRoot: root,
    apachePid: apache?.parent.stat.pid ?? null,
    controlSocket: path,
    access: reached.access,
    user: ownerOf(path) ?? (supervisorPid === undefined ? '?' : userOf(supervisorPid)),
    since: since === undefined ? Date.now() : startedAt(since),
  };
  const url = apache && addressOf(groupsOf(apache.parent)[0]);
  if (url) instance.url = url;
  if (apache?.conf) instance.conf = apache.conf;
  if (supervisorPid !== undefined) instance.supervisorPid = supervisorPid;
  if (problem !== null) instance.problem = problem;
  return state ? {...instance, ...stated(state)} : instance;
}

/** A server of ours that does not listen yet, or not any more: its lock is held, or its guard is Apache's parent. */
export function silentInstance(parent: ApacheParent, place: ApachePlace, machine: Machine): Instance | null {
  const serverRoot = place.serverRoot ?? '';
  const guard = guardOf(parent, machine);
  const supervisorPid = liveOwner(join(serverRoot, 'wsgideck', 'lock'))?.pid ?? guard?.supervisorPid ?? null;
  if (supervisorPid === null && guard === null) return null;
  // The daemons go first, and with them their names.
  const listen = listenerOf(place.directives.find(({name}) => name === 'listen')?.words[0]);
  const url = addressOf(groupsOf(parent)[0]) ?? (listen ? urlOf(listen) : undefined);
  return {
    kind: 'ours',
    name: groupsOf(parent)[0] ?? basename(serverRoot),
    serverRoot,
    apachePid: parent.stat.pid,
    ...(supervisorPid !== null && {supervisorPid}),
    ...(url !== undefined && {url}),
    ...(supervisorPid === null && {state: 'stopping' as const}),
    access: 'none',
    user: userOf(supervisorPid ?? parent.stat.pid),
    since: startedAt(parent.stat.startTicks),
    problem:
      supervisorPid === null
        ? beingStopped(parent.stat.pid, guard?.grace ?? null)
        : 'its supervisor does not listen: it has just started, or is about to end',
  };
}

/** The guard does that by itself. @param grace seconds from its command line. */
function beingStopped(apachePid: number, grace: string | null): string {
  const until = grace === null ? '' : `, and is gone within ${grace} s`;
  return `its supervisor was killed; Apache (pid ${apachePid}) is being stopped${until}; its logs and incidents can be read`;
}

/**
 * Names of daemon process groups, from how mod_wsgi names its processes: `(wsgi:GROUP)`, cut when there is no room; the original and we add the user's id
 * to `HOST:PORT`.
 */
export function groupsOf({titles}: ApacheParent): string[] {
  const names = titles.flatMap((title) => /^\(wsgi:(?!service:)(.+?)\)?\s*$/.exec(title)?.[1] ?? []);
  return [...new Set(names.map((name) => name.replace(/^(.+:\d+):\d+$/, '$1')))];
}

/** The address in such a name. */
export function addressOf(group: string | undefined): string | undefined {
  const [, host, port] = /^([^\s/]+):(\d+)$/.exec(group ?? '') ?? [];
  if (host === undefined) return undefined;
  // An IPv6 address has no brackets in the name of a group.
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  return URL.canParse(url) ? url : undefined;
}

export function userOf(pid: number): string {
  const uid = processUid(pid);
  return uid === null ? '?' : userName(uid);
}

/** A stopped supervisor is not asked. Its guard names it also to those who cannot read its lock. */
function stoppedBelow(
  serverRoot: string | null,
  apaches: readonly {parent: ApacheParent; serverRoot: string | null}[],
  machine: Machine,
): {state: null; problem: string} | null {
  const apache = serverRoot === null ? undefined : apaches.find((one) => one.serverRoot === serverRoot);
  const pid = (apache && guardOf(apache.parent, machine)?.supervisorPid) ?? null;
  return pid !== null && isStoppedNow(pid) ? {state: null, problem: stoppedText(pid)} : null;
}

async function ask({socket}: Reach): Promise<{state: InstanceState | null; problem: string | null}> {
  try {
    const deck = await connectDeck(socket, {client: 'ps', readOnly: true, patience: PATIENCE});
    deck.end();
    return {state: deck.state(), problem: null};
  } catch (error) {
    return {state: null, problem: (error as Error).message};
  }
}

/** What the supervisor says; another program may sit behind the socket, so every field is looked at. */
function stated({info, lifecycle}: InstanceState): Partial<Instance> {
  return {
    state: lifecycle.phase,
    ...(info && {url: info.url, modWsgi: info.modWsgi, processes: info.processes, threads: info.threads}),
  };
}

/** The guard of ours that an Apache runs under, as its command line and its parent tell; null without one. */
function guardOf(parent: ApacheParent, machine: Machine): {supervisorPid: number | null; grace: string | null} | null {
  const guard = ancestry(parent.stat.pid, machine).find(({comm}) => comm === GUARD);
  if (guard === undefined) return null;
  const argv = readArguments(guard.pid);
  const value = (name: string) => argv[argv.indexOf(name) + 1] ?? '';
  const pid = Number(value('--parent'));
  const grace = value('--grace');
  // Whoever has lost its parent has another one at once.
  return {supervisorPid: guard.ppid === pid && machine.has(pid) ? pid : null, grace: /^\d+$/.test(grace) ? grace : null};
}

function ownerOf(path: string): string | null {
  try {
    return userName(lstatSync(path).uid);
  } catch {
    return null;
  }
}

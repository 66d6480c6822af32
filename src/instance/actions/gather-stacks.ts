import {connectDeck} from '../../control/client.ts';
import {reach} from '../../control/reach.ts';
import type {Deck} from '../../model/deck.ts';
import type {StackCapture} from '../../model/stacks.ts';
import {readProcess} from '../../sources/processes/proc-stat.ts';
import {takeStacksOf} from '../../sources/stacks/ladder.ts';
import {findInstances} from '../instances/find-instances.ts';
import type {Instance} from '../instances/instance.ts';
import {resolveInstance} from '../instances/resolve-instance.ts';
import {observedStacks} from '../observed/attach.ts';

export interface WantedStacks {
  /** A server's name, root, port or pid; absent: the only one, or the one that `pid` belongs to. */
  server?: string | undefined;
  pid?: number | undefined;
  /** mod_wsgi.request_id: only its thread. */
  request?: string | undefined;
}

/**
 * Stacks of a server of ours through its supervisor, of any other from outside; and of a single process whoever it belongs to.
 * @throws Error in one line: no such server, process or request, or nothing that could be read.
 */
export async function gatherStacks({server, pid, request}: WantedStacks): Promise<StackCapture[]> {
  if (server === undefined && pid !== undefined) {
    const owner = await ownerOf(pid);
    return onlyOf(request, owner === null ? [await alone(pid)] : await of(owner, pid, request));
  }
  const instance = await resolveInstance(server);
  return onlyOf(request, await of(instance, pid, request));
}

async function of(instance: Instance, pid: number | undefined, request: string | undefined): Promise<StackCapture[]> {
  if (instance.kind !== 'ours') return some(await observedStacks(instance, pid), pid);
  const {controlSocket, apachePid, problem} = instance;
  const {socket, access} = reach(controlSocket ?? '');
  if (controlSocket === undefined || (instance.state === undefined && access !== 'none')) {
    // The supervisor is gone or stopped, its server may live on.
    if (pid !== undefined) return [await alone(pid)];
    if (apachePid === null) throw new Error(problem ?? 'its supervisor does not answer, and no Apache runs');
    throw new Error(
      `${problem ?? 'its supervisor does not answer'}; --pid takes the stacks of one process without it (Apache is ${apachePid})`,
    );
  }
  const deck = await connectDeck(socket, {client: 'stacks'});
  try {
    return some(await fromDeck(deck, pid, request), pid);
  } finally {
    deck.end();
  }
}

async function fromDeck(deck: Deck, pid: number | undefined, request: string | undefined): Promise<StackCapture[]> {
  const served = request === undefined ? undefined : deck.state().requests.find((one) => one.id === request);
  const wanted = pid ?? served?.pid;
  if (deck.readOnly) return looked(deck, wanted);
  const result = await deck.send({type: 'stacks', ...(wanted === undefined ? {} : {pid: wanted})});
  if (!result.ok) throw new Error(result.text);
  const captures = await Promise.all((result.captures ?? []).map(({id}) => deck.ask({type: 'capture', id})));
  return captures.filter((one) => one !== null);
}

/** Who may only look leaves nothing in the list of captures. */
async function looked(deck: Deck, pid: number | undefined): Promise<StackCapture[]> {
  const {processes, info} = deck.state();
  const runsPython = (role: string) => role === 'daemon' || role === 'service' || (role === 'child' && info?.processes === 0);
  const pids = pid === undefined ? processes.filter(({role}) => runsPython(role)).map((row) => row.pid) : [pid];
  const captures = await Promise.all(pids.map((one) => deck.ask({type: 'live', pid: one})));
  return captures.filter((one) => one !== null);
}

async function alone(pid: number): Promise<StackCapture> {
  const capture = await takeStacksOf({pid});
  if (capture.threads.length === 0) throw new Error(`there is no process ${pid} (any more)`);
  return capture;
}

/** The server that a process is a part of; null when it is none's. */
async function ownerOf(pid: number): Promise<Instance | null> {
  const line = new Set<number>();
  for (let one = pid; one > 1 && !line.has(one); one = readProcess(one)?.ppid ?? 0) line.add(one);
  const all = await findInstances();
  return all.find(({apachePid}) => apachePid !== null && line.has(apachePid)) ?? null;
}

function some(captures: StackCapture[], pid: number | undefined): StackCapture[] {
  if (captures.length > 0) return captures;
  throw new Error(
    pid === undefined ? 'no process there gives stacks' : `process ${pid} gives no stacks: it is gone, or not one that runs Python code`,
  );
}

function onlyOf(request: string | undefined, captures: StackCapture[]): StackCapture[] {
  if (request === undefined) return captures;
  const found = captures
    .map((one) => ({...one, threads: one.threads.filter((thread) => thread.request?.id === request)}))
    .filter((one) => one.threads.length > 0);
  if (found.length > 0) return found;
  throw new Error(`no thread serves the request ${request} (any more)`);
}

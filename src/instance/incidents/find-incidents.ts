import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {connectDeck} from '../../control/client.ts';
import {reach} from '../../control/reach.ts';
import type {Deck} from '../../model/deck.ts';
import type {Incident, IncidentSummary} from '../../model/incidents.ts';
import type {Instance} from '../instances/instance.ts';
import {folderOf, resolveInstance} from '../instances/resolve-instance.ts';
import {incidentFolder, IncidentStore} from './store.ts';

/** A file that holds no incident although its name says so. */
export interface DamagedIncident {
  id: string;
  path: string;
  /** In one line. */
  reason: string;
}

/** The incidents of one server, whether it runs or not. */
export interface FoundIncidents {
  /** For people: the server root or the name that was given. */
  name: string;
  /** Oldest first. */
  list: IncidentSummary[];
  damaged: DamagedIncident[];
  get(id: string): Promise<Incident | null>;
  end(): void;
}

/**
 * From a server that runs (by name, port, pid or server root), and from what is on its disk; of a server that is gone only that.
 * @throws Error in one line: no such server, not permitted.
 */
export async function findIncidents(word: string | undefined): Promise<FoundIncidents> {
  const root = folderOf(word);
  const instance = root === null ? await resolveInstance(word) : null;
  // Its supervisor was killed a moment ago.
  if (instance?.kind === 'ours' && instance.controlSocket === undefined && instance.serverRoot !== '')
    return findIncidents(instance.serverRoot);
  const live = await connect(root, instance);
  const folder = root ?? live?.deck.state().info?.serverRoot ?? null;
  const store = folder === null ? null : new IncidentStore(incidentFolder(folder));
  const {list, damaged} = store === null ? {list: [], damaged: []} : onDisk(store, live !== null);
  if (live === null && root !== null && list.length === 0 && !existsSync(join(root, 'wsgideck'))) {
    throw new Error(`${root}: that is no server root of wsgideck`);
  }
  const known = new Map([...list, ...(live?.deck.state().incidents ?? [])].map((one) => [one.id, one]));
  return {
    name: live?.name ?? root ?? '',
    list: [...known.values()].toSorted((a, b) => a.openedAt - b.openedAt),
    damaged,
    get: async (id) => (await live?.deck.ask({type: 'incident', id}).catch(() => null)) ?? store?.get(id) ?? null,
    end: () => live?.deck.end(),
  };
}

function onDisk(store: IncidentStore, live: boolean): {list: IncidentSummary[]; damaged: DamagedIncident[]} {
  const list: IncidentSummary[] = [];
  const damaged: DamagedIncident[] = [];
  let names: string[];
  try {
    names = store.names();
  } catch (error) {
    // A server that runs tells them itself.
    if (live) return {list, damaged};
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    throw denied ? new Error(`${store.folder}: not permitted; use the user who runs the server, or sudo`) : error;
  }
  for (const name of names) {
    try {
      const {incident, changedAt} = store.read(name);
      // Nobody is there who could close it any more.
      const closedAt = incident.summary.closedAt ?? (live ? null : Math.max(changedAt, incident.summary.openedAt));
      list.push({...incident.summary, closedAt, earlier: true});
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException;
      // The oldest may have been removed since.
      if (code !== 'ENOENT') damaged.push({id: name.replace(/\.json$/, ''), path: join(store.folder, name), reason: message});
    }
  }
  return {list, damaged};
}

/** Null for a server root that nobody serves. */
async function connect(root: string | null, instance: Instance | null): Promise<{deck: Deck & {end(): void}; name: string} | null> {
  const options = {client: 'incidents', readOnly: true};
  if (root !== null) {
    const {socket} = reach(join(root, 'wsgideck', 'control.sock'));
    // Left behind by one that was killed, or it does not answer: what is on the disk is there all the same.
    const deck = existsSync(socket) ? await connectDeck(socket, options).catch(() => null) : null;
    return deck && {deck, name: root};
  }
  if (instance === null) return null;
  if (instance.controlSocket === undefined) {
    throw new Error(`${instance.name} was not started by wsgideck: nobody keeps its incidents; start it with wsgideck start-server or run`);
  }
  return {deck: await connectDeck(reach(instance.controlSocket).socket, options), name: instance.name};
}

import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {connectDeck} from '../../control/client.ts';
import type {Deck} from '../../model/deck.ts';
import type {Instance} from '../instances/instance.ts';
import {folderOf, resolveInstance} from '../instances/resolve-instance.ts';
import {listSegments, recordingFolder} from './segment-files.ts';

/** A recording on the disk, and its server when that still runs. */
export interface FoundRecording {
  folder: string;
  /** For people: the server root or the name that was given. */
  name: string;
  live: (Deck & {end(): void}) | null;
}

/**
 * The recording of an instance that runs (by name, port, pid or server root), or of a server root whose supervisor is gone.
 * @throws Error in one line: nothing there, nothing recorded, not permitted.
 */
export async function findRecording(word: string | undefined): Promise<FoundRecording> {
  const root = folderOf(word);
  const instance = root === null ? await resolveInstance(word) : null;
  // Its supervisor was killed a moment ago.
  if (instance?.kind === 'ours' && instance.controlSocket === undefined && instance.serverRoot !== '')
    return findRecording(instance.serverRoot);
  const live = await connect(root, instance);
  if (live === null) return onDisk(root ?? '');
  const info = await live.deck.ask({type: 'recording'}).catch((error: Error) => {
    live.deck.end();
    throw error;
  });
  if (info.folder !== null) return {folder: info.folder, name: live.name, live: live.deck};
  live.deck.end();
  throw new Error(`${live.name}: nothing is recorded there (it was started with --flight-recorder-size 0, or its disk is full)`);
}

function onDisk(root: string): FoundRecording {
  const folder = recordingFolder(root);
  if (listSegments(folder).length === 0) throw new Error(`${root}: no server runs there, and none has left a recording`);
  return {folder, name: root, live: null};
}

/** Null for a server root that nobody serves. */
async function connect(root: string | null, instance: Instance | null): Promise<{deck: Deck & {end(): void}; name: string} | null> {
  const options = {client: 'record', readOnly: true};
  if (root !== null) {
    const socket = join(root, 'wsgideck', 'control.sock');
    if (!existsSync(socket)) return null;
    try {
      return {deck: await connectDeck(socket, options), name: root};
    } catch {
      // Left behind by one that was killed, or it does not answer: what is on the disk is there all the same.
      return null;
    }
  }
  if (instance === null) return null;
  if (instance.controlSocket === undefined) {
    throw new Error(
      `${instance.name} was not started by wsgideck: nothing records it; start it with wsgideck start-server or wsgideck run`,
    );
  }
  return {deck: await connectDeck(instance.controlSocket, options), name: instance.name};
}

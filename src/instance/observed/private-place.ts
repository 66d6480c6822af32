import {lstatSync, mkdtempSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {isHeld, tryLock} from '../../express/server-root/lock.ts';
import {removePrivateFolder} from '../foreign/private-folder.ts';

const NAME = /^wsgideck-look-[A-Za-z0-9]{6}$/;
/** A socket's path must fit into 108 bytes. */
const LONGEST = 70;

/** A folder of our own for the control socket, for nobody else; what a killed one has left behind is taken away. `removePrivateFolder` ends it. */
export function makePrivatePlace(tmpdir: string): {folder: string; socket: string} {
  const place = tmpdir.length <= LONGEST ? tmpdir : '/tmp';
  removeStale(place);
  const folder = mkdtempSync(join(place, 'wsgideck-look-'));
  tryLock(join(folder, 'lock'));
  return {folder, socket: join(folder, 'control.sock')};
}

function removeStale(place: string): void {
  for (const name of readdirSync(place).filter((one) => NAME.test(one))) {
    const path = join(place, name);
    const info = lstatSync(path, {throwIfNoEntry: false});
    const ours = info?.isDirectory() && info.uid === process.getuid?.();
    if (!ours || lstatSync(join(path, 'lock'), {throwIfNoEntry: false}) === undefined) continue;
    if (!isHeld(join(path, 'lock'))) removePrivateFolder(path);
  }
}

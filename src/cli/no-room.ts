import {existsSync} from 'node:fs';
import {dirname} from 'node:path';
import {roomIn} from '../instance/disk-room.ts';

/** Why a start on a full disk has failed, with the remedy: Apache's own words had no room in its log. Null when the disk is not full. */
export async function noRoom(root: string): Promise<string | null> {
  const {trouble} = await roomIn(existsSync(root) ? root : dirname(root));
  return trouble && `${trouble.what} for ${root}; ${trouble.remedy}, or give a --server-root on another one`;
}

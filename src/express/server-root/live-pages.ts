import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {nativeAsset} from '../assets.ts';
import type {ServerPlan} from '../plan/server-plan.ts';

/**
 * What Apache serves for --browser-reload: the script, and the name of the live code with the number of its styles (src/instance/live-pages.ts goes on
 * from there). The name differs from one start to the next, so pages of an earlier server load again too.
 */
export function writePages({paths}: ServerPlan, makeFolder: (path: string) => void, put: (path: string, text: string) => void): void {
  makeFolder(paths.pages);
  put(join(paths.pages, 'reload.js'), readFileSync(nativeAsset('reload.js'), 'utf8'));
  // Loaded only here: it takes 4 ms, and most starts write no pages.
  const {randomBytes} = process.getBuiltinModule('node:crypto');
  put(paths.livePage, `${randomBytes(6).toString('hex')}.0 0\n`);
}

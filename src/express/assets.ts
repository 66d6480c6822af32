import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** Folders that may hold what runs on Apache's side: beside the bundle, or (run from the sources) in the build's output. */
const CANDIDATES = ['./native/', '../native/', '../../dist/native/'];

/**
 * Absolute path of a file that runs on Apache's side of the fence: `wsgideck-guard`, `agent.py`, `handler.py`.
 * @throws Error with the cure when the build has not been made.
 */
export function nativeAsset(name: string): string {
  for (const folder of CANDIDATES) {
    const path = fileURLToPath(new URL(folder + name, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new Error(`${name} is missing from the installation; run "npm run build" in a source tree, or install wsgideck again`);
}

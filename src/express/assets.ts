import {existsSync} from 'node:fs';
import {join} from 'node:path';

/** Where the build's output is, seen from a bundle, from a chunk of one, and from the sources. */
const CANDIDATES = ['./', '../', '../../dist/'];

/**
 * Absolute path of something the build made, by its name below `dist/`.
 * @throws Error with the cure when the build has not been made.
 */
export function builtAsset(name: string): string {
  for (const folder of CANDIDATES) {
    const path = join(import.meta.dirname, folder, name);
    if (existsSync(path)) return path;
  }
  throw new Error(`${name} is missing from the installation; run "npm run build" in a source tree, or install wsgideck again`);
}

/** The parts of the agent: the first looks for the others beside itself. */
export const AGENT_FILES = ['agent.py', 'agent_start.py', 'agent_main.py', 'wsgideck_originals.py'] as const;

/** What runs on Apache's side of the fence: `wsgideck-guard`, the agent, `handler.py`. */
export function nativeAsset(name: string): string {
  return builtAsset(`native/${name}`);
}

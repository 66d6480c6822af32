import {existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {Script} from 'node:vm';
import {readKept, writeKept} from '../express/kept-file.ts';

type Commands = typeof import('./commands.ts');

/** What is older goes when something new is kept. */
const DAYS = 30;
/** Milliseconds after which an empty folder is not one that somebody is about to fill. */
const SETTLED = 60_000;

/** Only what has been compiled by then is kept. A full disk or a lost race costs nothing but time. */
function keep(script: Script, file: string): void {
  try {
    writeKept(file, script.createCachedData());
    prune(dirname(dirname(file)), Date.now() - DAYS * 86_400_000);
  } catch {
    // The next start compiles again.
  }
}

/** What is old: also Node's own files, of which it never removes any; each version of ours leaves 5 MB. */
function prune(folder: string, limit: number): void {
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) {
      if (statSync(path).mtimeMs < limit) rmSync(path, {force: true});
      continue;
    }
    prune(path, limit);
    // A folder that is in the way, and empty, would never be filled again.
    if (readdirSync(path).length === 0 && statSync(path).mtimeMs < Date.now() - SETTLED) rmdirSync(path);
  }
}

/** The part of the folder for one content; null when it cannot be made. */
function ownFolder(folder: string, name: string): string | null {
  const path = join(folder, name);
  try {
    if (!existsSync(path)) mkdirSync(path, {mode: 0o700});
    return path;
  } catch {
    return null;
  }
}

/**
 * Loads commands.cjs with the compiled code of an earlier launch. Node's own cache holds what runs while a module loads; the functions that are called
 * from there, all of them on the way to Apache's launch, it compiles anew at each start: 5 ms.
 * @param file commands.cjs, a function that takes what Node gives to a module; its first line names its content (see tools/build.mjs), because V8 compares no more than lengths.
 * @param folder where such code is kept, null for nowhere.
 */
export function loadCommands(file: string, folder: string | null): Commands {
  // Its compiler writes ASCII only.
  const source = readFileSync(file, 'latin1');
  const place = folder && ownFolder(folder, source.slice(2, source.indexOf('\n')));
  const kept = place && join(place, `launch-${process.version}-${process.arch}.bin`);
  const cachedData = kept === null ? undefined : readKept(kept);
  const script = new Script(source, {
    filename: file,
    ...(cachedData === undefined ? {} : {cachedData}),
  });
  const module = {exports: {}};
  const run = script.runInThisContext() as (...parts: unknown[]) => void;
  run(module.exports, createRequire(file), module, file, dirname(file));
  const commands = module.exports as Commands;
  if (place !== null && kept !== null) {
    // V8 refuses what another V8, or one with other flags, has made.
    const useless = cachedData === undefined || script.cachedDataRejected;
    commands.useKeptCode({folder: place, save: useless ? () => keep(script, kept) : null});
  }
  return commands;
}

import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {Script} from 'node:vm';

type Commands = typeof import('./commands.ts');

/** What is older goes when something new is kept. */
const DAYS = 30;

/** Only what has been compiled by then is kept: a rename makes it whole, and a full disk or a lost race costs nothing but time. */
function keep(script: Script, file: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const code = script.createCachedData();
    // Also after a power failure the name has all of it, or is not there.
    writeFileSync(temporary, Buffer.concat([code, code]), {mode: 0o600, flush: true});
    renameSync(temporary, file);
    prune(dirname(dirname(file)));
  } catch {
    // The next start compiles again.
    rmSync(temporary, {force: true});
  }
}

/** What is old: also Node's own files, of which it never removes any; each version of ours leaves 5 MB. */
function prune(folder: string): void {
  const limit = Date.now() - DAYS * 86_400_000;
  for (const entry of readdirSync(folder, {recursive: true, withFileTypes: true})) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && statSync(path).mtimeMs < limit) rmSync(path, {force: true});
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
 * What keep() has written; undefined when there is nothing, or nothing whole. V8 runs damaged code without noticing, so the file holds it twice:
 * comparing the two takes 20 microseconds, the checksums that Node has to be loaded for take a millisecond and more.
 */
function readKept(file: string): Buffer | undefined {
  try {
    const twice = readFileSync(file);
    const half = twice.length / 2;
    const code = twice.subarray(0, half);
    return code.length === half && code.equals(twice.subarray(half)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Loads commands.cjs with the compiled code of an earlier launch. Node's own cache holds what runs while a module loads; the functions that are called
 * from there, all of them on the way to Apache's launch, it compiles anew at each start: 5 ms.
 * @param file commands.cjs; its first line names its content (see tools/build.mjs), because V8 compares no more than lengths.
 * @param folder where such code is kept, null for nowhere.
 */
export function loadCommands(file: string, folder: string | null): Commands {
  const source = readFileSync(file, 'utf8');
  const place = folder && ownFolder(folder, source.slice(2, source.indexOf('\n')));
  const kept = place && join(place, `launch-${process.version}-${process.arch}.bin`);
  const cachedData = kept === null ? undefined : readKept(kept);
  const script = new Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, {
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

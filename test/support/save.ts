import {renameSync, writeFileSync} from 'node:fs';

/** Saves in one step, as most editors do: a busy machine may see a file that is written in place while it is still empty, and then once more. */
export function saveByRename(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}

import {readFileSync, statSync} from 'node:fs';
import {modWsgiAt} from '../../express/discovery/mod-wsgi.ts';

/** What a process has loaded: mod_wsgi's file, null when it has none of that name, undefined when we may not look. */
export function mappedModule(pid: number): string | null | undefined {
  try {
    return /\s(\/[^\n]*\/mod_wsgi[^/\n]*\.so(?:[-.\d]*))(?: \(deleted\))?$/m.exec(readFileSync(`/proc/${pid}/maps`, 'utf8'))?.[1] ?? null;
  } catch {
    return undefined;
  }
}

const versions = new Map<string, string | undefined>();

/** Version of a module's file; undefined when the file does not tell, or has been replaced by something that is no file. */
export function moduleVersion(path: string): string | undefined {
  if (!versions.has(path)) {
    const isFile = statSync(path, {throwIfNoEntry: false})?.isFile() ?? false;
    versions.set(path, isFile ? modWsgiAt(path)?.version : undefined);
  }
  return versions.get(path);
}

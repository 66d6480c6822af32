import {lstatSync, type Stats, statSync} from 'node:fs';

/** What is at a path (links followed), or why that cannot be told: nothing there, or a directory on the way that we may not enter. */
export type Sight = {kind: 'file' | 'directory' | 'other'; info: Stats} | {kind: 'missing' | 'denied'; info: null};

function see(stat: (path: string) => Stats, path: string): Sight {
  try {
    const info = stat(path);
    return {kind: info.isFile() ? 'file' : info.isDirectory() ? 'directory' : 'other', info};
  } catch (error) {
    return {kind: ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '') ? 'missing' : 'denied', info: null};
  }
}

export const look = (path: string): Sight => see(statSync, path);

/** The same for the link itself. */
export const lookAtLink = (path: string): Sight => see(lstatSync, path);

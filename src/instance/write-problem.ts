import {lstatSync} from 'node:fs';

/** Why a file could not be written, in words; the system's own for what is rare. */
const WORDS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's share of the disk is used up",
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder; give the name of a file',
  ERR_FS_EISDIR: 'it is a folder; give the name of a file',
  EFBIG: 'it may not grow any more (ulimit -f)',
};

/**
 * What stands in the way of making a file of this name, before anything is asked of a server; null when nothing does. Only ordinary files are ever
 * replaced: /dev/null, taken away by root, would be missed by the whole machine.
 */
export function nameProblem(path: string, replace: boolean): string | null {
  let there;
  try {
    there = lstatSync(path, {throwIfNoEntry: false});
  } catch (error) {
    return `${path}: ${writeProblem(error)}`;
  }
  if (there === undefined) return null;
  if (there.isDirectory()) return `${path}: ${WORDS['EISDIR']}`;
  if (!there.isFile() && !there.isSymbolicLink()) return `${path}: is no ordinary file`;
  return replace ? null : `${path}: exists already; --force replaces it`;
}

export function writeProblem(error: unknown): string {
  const {code, message} = error as NodeJS.ErrnoException;
  return WORDS[code ?? ''] ?? message;
}

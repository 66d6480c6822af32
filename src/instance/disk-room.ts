import {accessSync, constants} from 'node:fs';
import {statfs} from 'node:fs/promises';

/** Bytes: with less a disk counts as full, with twice as much as mended. Of a small one a twentieth is enough. */
const FULL = 2 * 1024 * 1024;
const SHARE = 20;
/** The same for files: some file systems have a number of them that is fixed when they are made. */
const FEW = 64;

/** What keeps files from being written in a place. */
export interface Room {
  /** Null when nothing does. */
  trouble: {what: string; remedy: string} | null;
  /** There is enough again for what was told to be taken back. */
  mended: boolean;
}

const FINE: Room = {trouble: null, mended: true};

/** Is there room on the file system of a folder, by what it says itself: bytes, files, and whether it may be written to at all. Never rejects. */
export async function roomIn(folder: string): Promise<Room> {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS')
      return {trouble: {what: 'the file system is read-only', remedy: 'see dmesg for the reason, then remount it'}, mended: false};
  }
  try {
    const {bavail, bsize, blocks, files, ffree} = await statfs(folder);
    // Neither is limited in /proc, /sys and the like.
    const least = blocks === 0 ? -1 : Math.min(FULL, (blocks * bsize) / SHARE);
    const few = files === 0 ? -1 : Math.min(FEW, files / SHARE);
    const free = bavail * bsize;
    const mended = free > 2 * least && ffree > 2 * few;
    if (free < least || (least >= 0 && free === 0))
      return {trouble: {what: `the disk is full: ${Math.round(free / 1024)} KiB left`, remedy: 'free some room there'}, mended};
    if (few >= 0 && ffree <= few)
      return {trouble: {what: `the disk has no room for further files: ${ffree} left of ${files}`, remedy: 'delete files there'}, mended};
    return {trouble: null, mended};
  } catch {
    return FINE;
  }
}

/**
 * A recording in one file that can be mailed: a line that says what it is, then parts of segments, each behind a line of JSON. Parts of the same
 * segment belong together in their order, so that a segment can be added to while it is still written.
 */

export const FILE_MAGIC = 'wsgideck recording 1';

/** Longest line before a part, in bytes. */
export const LONGEST_HEAD = 500;

export interface PartHead {
  segment: string;
  bytes: number;
}

export function partHead(segment: string, bytes: number): string {
  return `${JSON.stringify({segment, bytes} satisfies PartHead)}\n`;
}

import {chmodSync, mkdirSync, readdirSync, rmSync, statSync} from 'node:fs';
import {join} from 'node:path';

/** One file of a recording. */
export interface SegmentFile {
  name: string;
  path: string;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  /** On the disk. */
  bytes: number;
}

/** `1763644502123-0007.ndjson.zst`: time of its keyframe, number in its run. In the order of names they are in the order of time. */
const NAME = /^(\d{13})-(\d{4,9})\.ndjson\.zst$/;

export function segmentName(from: number, number: number): string {
  return `${String(from).padStart(13, '0')}-${String(number).padStart(4, '0')}.ndjson.zst`;
}

/** When a segment of this name begins; null when it is no segment's name. */
export function segmentStart(name: string): number | null {
  const found = NAME.exec(name);
  return found === null ? null : Number(found[1]);
}

/** Where the supervisor of a server root keeps its recording. */
export function recordingFolder(serverRoot: string): string {
  return join(serverRoot, 'wsgideck', 'recording');
}

/** Makes the folder if need be, for its owner alone. Throws the system's error. */
export function makeRecordingFolder(folder: string): void {
  mkdirSync(folder, {recursive: true, mode: 0o700});
  chmodSync(folder, 0o700);
}

/** The segments there are, oldest first; none when there is no such folder. Throws the system's error when it may not be read. */
export function listSegments(folder: string): SegmentFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .toSorted()
    .map((name) => one(folder, name))
    .filter((segment) => segment !== null);
}

function one(folder: string, name: string): SegmentFile | null {
  const from = segmentStart(name);
  if (from === null) return null;
  const path = join(folder, name);
  const info = statSync(path, {throwIfNoEntry: false});
  // Its last write tells where a segment of an earlier run ends.
  return info?.isFile() ? {name, path, from, to: Math.max(from, Math.round(info.mtimeMs)), bytes: info.size} : null;
}

export interface Bounds {
  /** Milliseconds of recorded time, and bytes, that are kept. */
  ms: number;
  bytes: number;
  files: number;
}

/**
 * Which of the oldest have to go. Time counts as it was recorded: what a server did before it died is not old because it was started again
 * the next morning. The newest one always stays.
 */
export function overdue(segments: readonly SegmentFile[], bounds: Bounds): SegmentFile[] {
  let ms = 0;
  let bytes = 0;
  let kept = 0;
  for (const segment of segments.toReversed()) {
    bytes += segment.bytes;
    if (kept > 0 && (ms >= bounds.ms || bytes > bounds.bytes || kept >= bounds.files)) return segments.slice(0, segments.length - kept);
    ms += segment.to - segment.from;
    kept++;
  }
  return [];
}

export function removeSegments(segments: readonly SegmentFile[]): void {
  for (const {path} of segments) rmSync(path, {force: true});
}

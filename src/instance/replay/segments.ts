import {closeSync, constants, fstatSync, openSync, readSync, statSync} from 'node:fs';
import * as v from 'valibot';
import {FILE_MAGIC, LONGEST_HEAD} from '../recorder/recording-file.ts';
import {listSegments, recordingFolder, segmentStart, type SegmentFile} from '../recorder/segment-files.ts';
import {writeProblem} from '../write-problem.ts';

/** One segment, wherever it is kept. */
export interface Segment {
  name: string;
  /** Of the file. */
  bytes: number;
  read(): Promise<Buffer>;
}

/** More than this of one segment is not read, in bytes: a recorder writes an eighth of its limit at most. */
const LARGEST = 256 * 1024 * 1024;
const MOST_SEGMENTS = 100_000;

const head = v.object({
  segment: v.pipe(v.string(), v.maxLength(60)),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(LARGEST)),
});

/** The segments that the flight recorder of a server root has left, oldest first. @throws Error in one line. */
export function segmentsOfRoot(serverRoot: string): Segment[] {
  if (!statSync(serverRoot, {throwIfNoEntry: false})?.isDirectory()) throw new Error(`${serverRoot}: there is no such server root`);
  return segmentsOfFolder(recordingFolder(serverRoot));
}

export function segmentsOfFolder(folder: string): Segment[] {
  let files: ReturnType<typeof listSegments>;
  try {
    files = listSegments(folder);
  } catch (error) {
    throw new Error(`${folder}: the recording cannot be read: ${writeProblem(error)}`, {cause: error});
  }
  if (files.length === 0)
    throw new Error(`${folder}: nothing has been recorded there (was the server started with --flight-recorder-size 0?)`);
  return files.filter(({bytes}) => bytes <= LARGEST).flatMap(held);
}

/** Held open: a recorder that still runs takes its oldest segments away, also while they are played. */
function held({name, path, bytes}: SegmentFile): Segment[] {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return [];
  }
  return [{name, bytes, read: async () => piece(fd, 0, bytes)}];
}

/**
 * The segments of a file that `wsgideck record` has made. A part that is torn or damaged ends the list; `damage` says so.
 * @throws Error in one line when it is no such file, or of another version.
 */
export function segmentsOfFile(file: string): {segments: Segment[]; damage: string | null} {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(missing ? `${file}: there is no such file` : `${file}: ${(error as Error).message}`, {cause: error});
  }
  try {
    return scan(file, fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function scan(file: string, fd: number): {segments: Segment[]; damage: string | null} {
  const info = fstatSync(fd);
  if (!info.isFile()) throw new Error(`${file}: is no file; a server root is given as --server-root ${file}`);
  const magic = lineAt(fd, 0);
  if (magic === null || !magic.startsWith('wsgideck recording ')) throw new Error(`${file}: is no recording of wsgideck`);
  if (magic !== FILE_MAGIC)
    throw new Error(`${file}: is a recording of another version ("${magic.slice(0, 40)}"); play it with the wsgideck that made it`);
  const parts = new Map<string, {from: number; bytes: number}[]>();
  let damage: string | null = null;
  let at = magic.length + 1;
  while (at < info.size) {
    const line = lineAt(fd, at);
    const part = line === null ? null : partOf(line);
    if (line === null || part === null || segmentStart(part.segment) === null || parts.size > MOST_SEGMENTS) {
      damage = 'the file is damaged or cut off; what comes after is left out';
      break;
    }
    const from = at + Buffer.byteLength(line) + 1;
    // The last part of a recording that was ended by force.
    const bytes = Math.min(part.bytes, info.size - from);
    const pieces = parts.get(part.segment) ?? [];
    pieces.push({from, bytes});
    parts.set(part.segment, pieces);
    at = from + part.bytes;
  }
  const segments = [...parts].map(([name, pieces]) => ({
    name,
    bytes: pieces.reduce((sum, one) => sum + one.bytes, 0),
    read: async () => Buffer.concat(pieces.map(({from, bytes}) => piece(fd, from, bytes))),
  }));
  if (segments.length === 0) throw new Error(`${file}: holds no recorded time`);
  return {segments: segments.filter(({bytes}) => bytes <= LARGEST).toSorted((a, b) => (a.name < b.name ? -1 : 1)), damage};
}

function partOf(line: string): v.InferOutput<typeof head> | null {
  try {
    const parsed = v.safeParse(head, JSON.parse(line));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** The line that begins at a position, without its end; null when none ends soon. */
function lineAt(fd: number, at: number): string | null {
  const buffer = Buffer.alloc(LONGEST_HEAD);
  const bytes = readSync(fd, buffer, 0, buffer.length, at);
  const end = buffer.subarray(0, bytes).indexOf(10);
  return end < 0 ? null : buffer.toString('utf8', 0, end);
}

/** As much as there is of it. */
function piece(fd: number, from: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(fd, buffer, 0, bytes, from));
}

import {createZstdDecompress} from 'node:zlib';
import {lineHead, LONGEST_LINE, type LineKind} from '../recorder/record-line.ts';

/** Text of one segment at most, in bytes; a recorder writes a fifth of it. */
const LARGEST = 64 * 1024 * 1024;

/** A line that has been found, but not yet parsed. */
export interface RawLine {
  t: number;
  kind: LineKind;
  /** JSON of what it holds. */
  text: string;
}

export interface SegmentText {
  lines: RawLine[];
  /** What could not be read, in a few words; null when all could. A last line that is torn is as it should be after a kill. */
  damage: string | null;
  /** Characters of all lines. */
  size: number;
}

/**
 * The lines of a segment. Whatever the bytes are, it gives what can be read of them: from the beginning to the first damage.
 * Bounded in size, because a recording may come from a stranger.
 */
export async function readSegment(bytes: Buffer): Promise<SegmentText> {
  const {text, damage} = await unpack(bytes);
  const lines: RawLine[] = [];
  let bad = 0;
  let last = 0;
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    const line = text.slice(from, end);
    from = end + 1;
    const head = line.length > LONGEST_LINE ? null : lineHead(line);
    if (head === null) {
      bad++;
      continue;
    }
    // Time does not run backwards within a segment, whatever the clock did.
    last = Math.max(last, head.t);
    lines.push({t: last, kind: head.kind as LineKind, text: line.slice(head.from, -1)});
  }
  return {lines, damage: damage ?? (bad > 0 ? `${bad} line${bad === 1 ? '' : 's'} that cannot be read` : null), size: text.length};
}

function unpack(bytes: Buffer): Promise<{text: string; damage: string | null}> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    const stream = createZstdDecompress();
    const done = (damage: string | null) => {
      stream.destroy();
      resolve({text: Buffer.concat(parts).toString('utf8'), damage});
    };
    stream.on('data', (part: Buffer) => {
      size += part.length;
      if (size > LARGEST) return done(`a segment of more than ${LARGEST / 2 ** 20} MiB`);
      parts.push(part);
    });
    // A frame without its end: the recorder was killed, or still writes.
    stream.on('error', (error: NodeJS.ErrnoException) => done(error.code === 'Z_BUF_ERROR' ? null : 'a segment that is damaged'));
    stream.on('end', () => done(null));
    stream.end(bytes);
  });
}

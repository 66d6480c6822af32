/** Reads one telemetry datagram of mod_wsgi 6.x, version 1 of the format (facts/telemetry-wire.md). Unknown fields are kept, unknown types end the reading. */

export type FieldValue = number | string | number[];

export interface Datagram {
  kind: number;
  pid: number;
  /** Per process, from 1, over all kinds: a gap is a loss. */
  sequence: number;
  /** Milliseconds since the epoch. */
  at: number;
  fields: Map<number, FieldValue>;
}

export const KIND = {requestMetrics: 2, processStarted: 5, processStopped: 7, gcEvent: 9} as const;

const HEADER = 24;
const MAGIC = Buffer.from('WSGI');

/** Null for what is no datagram of this format; the sender is a process of the application's user, so nothing in it is believed. */
export function readDatagram(data: Buffer): Datagram | null {
  if (data.length < HEADER || !data.subarray(0, 4).equals(MAGIC) || data[4] !== 1) return null;
  const fields = new Map<number, FieldValue>();
  let place = HEADER;
  while (place + 3 <= data.length) {
    const id = data.readUInt16LE(place);
    const read = VALUES[data[place + 2]!];
    const found = read === undefined ? null : read(data, place + 3);
    if (found === null) break;
    fields.set(id, found.value);
    place = found.end;
  }
  return {
    kind: data[5]!,
    pid: data.readUInt32LE(8),
    sequence: data.readUInt32LE(12),
    at: data.readDoubleLE(16) * 1000,
    fields,
  };
}

interface Read {
  value: FieldValue;
  end: number;
}

type Reader = (data: Buffer, from: number) => Read | null;

const fixed =
  (take: (data: Buffer, from: number) => number): Reader =>
  (data, from) =>
    from + 8 > data.length ? null : {value: take(data, from), end: from + 8};

const counted =
  (size: number, take: (data: Buffer, from: number, count: number) => FieldValue): Reader =>
  (data, from) => {
    if (from + 2 > data.length) return null;
    const count = data.readUInt16LE(from);
    const end = from + 2 + count * size;
    return end > data.length ? null : {value: take(data, from + 2, count), end};
  };

const list =
  (size: number, take: (data: Buffer, from: number) => number) =>
  (data: Buffer, from: number, count: number): number[] =>
    Array.from({length: count}, (_, index) => take(data, from + index * size));

/** By type code. 64-bit counts become numbers: none of them comes near 2^53. */
const VALUES: Record<number, Reader> = {
  1: fixed((data, from) => Number(data.readBigUInt64LE(from))),
  2: fixed((data, from) => data.readDoubleLE(from)),
  3: fixed((data, from) => Number(data.readBigInt64LE(from))),
  4: counted(1, (data, from, count) => data.toString('utf8', from, from + count)),
  5: counted(
    4,
    list(4, (data, from) => data.readInt32LE(from)),
  ),
  6: counted(
    8,
    list(8, (data, from) => data.readDoubleLE(from)),
  ),
};

/** Longest frame that is taken; the helper passes none that is longer. */
const LARGEST = 64 * 1024;

/**
 * Cuts the helper's stream into datagrams: each comes after its length in 4 bytes.
 * @param take gets each datagram; the buffer is its own.
 */
export function datagramFrames(take: (data: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (data.length >= 4) {
      const size = data.readUInt32LE(0);
      if (size > LARGEST) return void (rest = Buffer.alloc(0));
      if (data.length < 4 + size) break;
      take(data.subarray(4, 4 + size));
      data = data.subarray(4 + size);
    }
    rest = Buffer.from(data);
  };
}

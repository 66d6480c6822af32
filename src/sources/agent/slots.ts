/** Reads PID.slots, the table of what each worker thread took last (docs/agent-protocol.md). Pure. */

export interface Slot {
  ident: string;
  /** Kernel's thread id. */
  tid: number;
  /** mod_wsgi's worker number, 0 where unknown. */
  worker: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  id: string;
  method: string;
  url: string;
  client: string;
}

export interface SlotTable {
  pid: number;
  /** Start of the process in clock ticks since boot, decimal. */
  startTicks: string;
  /** Worker threads that the table has room for, used or not: those of the process, up to MAX_SLOTS. */
  threads: number;
  /** Kernel's id of the agent's thread; 0 until it runs, NO_THREAD when it could not be started. */
  agentTid: number;
  slots: Slot[];
}

export const SLOT_SIZE = 512;
export const SLOT_HEADER = 64;
export const MAX_SLOTS = 1024;
export const NO_THREAD = 0xffffffff;
const FIELDS = 32;

/** The table in these bytes; null when they are none. Slots that make no sense are left out: the writer is not trusted. */
export function parseSlots(bytes: Buffer): SlotTable | null {
  if (bytes.length < SLOT_HEADER || bytes.toString('latin1', 0, 8) !== 'WDSLOT1\n') return null;
  const count = Math.min(bytes.readUInt32LE(8), MAX_SLOTS);
  if (bytes.readUInt32LE(12) !== SLOT_SIZE) return null;
  const table: SlotTable = {
    pid: Number(bytes.readBigUInt64LE(16)),
    startTicks: bytes.readBigUInt64LE(24).toString(),
    threads: count,
    agentTid: bytes.readUInt32LE(32),
    slots: [],
  };
  for (let index = 0; index < count; index++) {
    const from = SLOT_HEADER + index * SLOT_SIZE;
    if (from + SLOT_SIZE > bytes.length) break;
    const slot = parseSlot(bytes.subarray(from, from + SLOT_SIZE));
    if (slot) table.slots.push(slot);
  }
  return table;
}

function parseSlot(bytes: Buffer): Slot | null {
  const ident = bytes.readBigUInt64LE(0);
  const seconds = bytes.readDoubleLE(8);
  if (ident === 0n || !Number.isFinite(seconds) || seconds <= 0) return null;
  let at = FIELDS;
  const texts = [24, 26, 28, 30].map((place) => {
    const text = decode(bytes.subarray(at, at + bytes.readUInt16LE(place)));
    at += bytes.readUInt16LE(place);
    return text;
  });
  if (at > SLOT_SIZE) return null;
  const [id = '', method = '', url = '', client = ''] = texts;
  return {
    ident: ident.toString(),
    tid: bytes.readUInt32LE(16),
    worker: bytes.readUInt32LE(20),
    startedAt: seconds * 1000,
    id,
    method,
    url,
    client,
  };
}

function decode(bytes: Buffer): string {
  return bytes.toString('utf8');
}

/** Figures of the whole machine. */
import {readFileSync} from 'node:fs';
import {availableParallelism, freemem, loadavg, totalmem} from 'node:os';

export interface HostFigures {
  cpuCount: number;
  /** Bytes. */
  memTotal: number;
  memAvailable: number;
  load1: number;
}

/** Never rejects: where nothing tells of available memory, Node's own figure of free memory stands in. */
export async function readHost(): Promise<HostFigures> {
  return {cpuCount: availableParallelism(), load1: loadavg()[0] ?? 0, ...(fromProc() ?? (await fromLibrary()))};
}

type Memory = Pick<HostFigures, 'memTotal' | 'memAvailable'>;

/**
 * One file instead of a library of half a megabyte, which reads it eight times and then once more through the thread pool. Null where there
 * is none, and before Linux 3.14.
 */
function fromProc(): Memory | null {
  try {
    const text = readFileSync('/proc/meminfo', 'latin1');
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
    const [memTotal, memAvailable] = [bytes('MemTotal'), bytes('MemAvailable')];
    return memTotal > 0 && memAvailable >= 0 ? {memTotal, memAvailable} : null;
  } catch {
    return null;
  }
}

/** systeminformation, loaded only where it is needed (22 ms), and only for what it reads without forking on Linux: memory. */
async function fromLibrary(): Promise<Memory> {
  try {
    const {mem} = await import('systeminformation');
    const memory = await mem();
    if (memory.total > 0) return {memTotal: memory.total, memAvailable: memory.available};
  } catch {
    // Node's own figures are the fallback.
  }
  return {memTotal: totalmem(), memAvailable: freemem()};
}

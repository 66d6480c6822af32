/**
 * Figures of the whole machine, through systeminformation. It is loaded at the first call, not at start (22 ms), and only for what it
 * reads without forking: memory. Its process list would fork dozens of times a call.
 */
import {availableParallelism, freemem, loadavg, totalmem} from 'node:os';

export interface HostFigures {
  cpuCount: number;
  /** Bytes. */
  memTotal: number;
  memAvailable: number;
  load1: number;
}

/** Never rejects: where systeminformation fails, Node's own figures (free instead of available memory) stand in. */
export async function readHost(): Promise<HostFigures> {
  const figures: HostFigures = {cpuCount: availableParallelism(), memTotal: totalmem(), memAvailable: freemem(), load1: loadavg()[0] ?? 0};
  try {
    const {mem} = await import('systeminformation');
    const memory = await mem();
    if (memory.total > 0) return {...figures, memTotal: memory.total, memAvailable: memory.available};
  } catch {
    // The figures above are the fallback.
  }
  return figures;
}

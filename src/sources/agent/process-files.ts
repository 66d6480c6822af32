/** The files of one daemon process in the run directory: opened without following links, read in bounds, removed with the process. */
import {closeSync, constants, fstatSync, openSync, readdirSync, readSync, unlinkSync} from 'node:fs';
import {join} from 'node:path';
import {MAX_SLOTS, parseSlots, SLOT_HEADER, SLOT_SIZE, type SlotTable} from './slots.ts';

export const FILE_KINDS = ['slots', 'fault'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** Newest bytes of PID.fault that are read, and those of PID.slots. */
const LARGEST: Record<FileKind, number> = {fault: 1024 * 1024, slots: SLOT_HEADER + MAX_SLOTS * SLOT_SIZE};

export class ProcessFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Size in bytes; 0 when there is no such regular file. */
  size(pid: number, kind: FileKind): number {
    return this.#with(pid, kind, 0, (_, size) => size);
  }

  /** When the file was made or last written, milliseconds since the epoch; Infinity when there is none. */
  since(pid: number, kind: FileKind): number {
    return this.#with(pid, kind, Infinity, (fd) => fstatSync(fd).mtimeMs);
  }

  /** What has been written after `from`; the newest part of it when that is too much. */
  read(pid: number, kind: FileKind, from = 0): Buffer {
    return this.#with(pid, kind, Buffer.alloc(0), (fd, size) => {
      const start = Math.max(from, size - LARGEST[kind]);
      const buffer = Buffer.alloc(Math.max(0, size - start));
      return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
    });
  }

  /**
   * The table of this very process, null when there is none. It is read until two readings agree, as its writers do not wait.
   * @param startTicks start of the process; a table left by an earlier process of the same number does not count.
   */
  slots(pid: number, startTicks: string): SlotTable | null {
    let before = this.read(pid, 'slots');
    for (let tries = 0; tries < 5; tries++) {
      const again = this.read(pid, 'slots');
      if (again.equals(before)) break;
      before = again;
    }
    const table = parseSlots(before);
    return table && table.pid === pid && table.startTicks === startTicks ? table : null;
  }

  /** Start of the process that wrote PID.slots, in clock ticks; null without such a table. */
  startTicks(pid: number): string | null {
    const table = parseSlots(this.read(pid, 'slots'));
    return table?.pid === pid ? table.startTicks : null;
  }

  /** Worker threads of the process that wrote PID.slots; 0 without such a table. */
  threads(pid: number): number {
    const table = parseSlots(this.read(pid, 'slots'));
    return table?.pid === pid ? table.threads : 0;
  }

  /** Removes both files of a process, or one. */
  remove(pid: number, only?: FileKind): void {
    for (const kind of only === undefined ? FILE_KINDS : [only]) {
      try {
        unlinkSync(this.#path(pid, kind));
      } catch {
        // Never made, or removed already.
      }
    }
  }

  /** The processes that have files here. */
  pids(): number[] {
    let names: string[] = [];
    try {
      names = readdirSync(this.#directory);
    } catch {
      return [];
    }
    return [...new Set(names.flatMap((name) => /^(\d{1,10})\.(?:slots|fault)$/.exec(name)?.[1] ?? []).map(Number))];
  }

  #path(pid: number, kind: FileKind): string {
    return join(this.#directory, `${pid}.${kind}`);
  }

  #with<T>(pid: number, kind: FileKind, otherwise: T, use: (fd: number, size: number) => T): T {
    let fd: number;
    try {
      // Not blocking: the directory belongs to the daemons' user, who could have put a pipe there.
      fd = openSync(this.#path(pid, kind), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return otherwise;
    }
    try {
      const stat = fstatSync(fd);
      return stat.isFile() ? use(fd, stat.size) : otherwise;
    } catch {
      return otherwise;
    } finally {
      closeSync(fd);
    }
  }
}

import {existsSync} from 'node:fs';
import {statfs} from 'node:fs/promises';
import type {Bus} from './bus.ts';

/** Milliseconds between two looks. */
const EVERY = 3000;
/** Bytes: below the first a disk counts as full, above the second as mended. */
const FULL = 2 * 1024 * 1024;
const MENDED = 4 * 1024 * 1024;

/** The ground the server stands on: room on the disk of the server root, and the server root itself. */
export class RootWatch {
  readonly #bus: Bus;
  readonly #root: string;
  readonly #conf: string;
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param conf the generated configuration, without which no process can be replaced. */
  constructor(bus: Bus, root: string, conf: string) {
    this.#bus = bus;
    this.#root = root;
    this.#conf = conf;
  }

  start(): void {
    void this.#look();
    this.#timer = setInterval(() => void this.#look(), EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const gone = !existsSync(this.#conf);
    this.#tell(
      'root',
      gone,
      !gone,
      `the server root has been deleted: ${this.#root}`,
      'what runs may fail at any moment; start the server again',
    );
    const free = await statfs(this.#root).then(
      ({bavail, bsize}) => bavail * bsize,
      () => Infinity,
    );
    const text = `the disk is full: ${Math.round(free / 1024)} KiB left for ${this.#root}`;
    this.#tell('disk', free < FULL, free > MENDED, text, 'free some room there: logs are lost, and new processes may not start');
  }

  #tell(key: string, bad: boolean, good: boolean, text: string, remedy: string): void {
    if (bad) {
      if (this.#told.has(key)) return;
      this.#told.add(key);
      this.#bus.put({type: 'notice', key, severity: 'error', text, remedy});
    } else if (good && this.#told.delete(key)) {
      this.#bus.put({type: 'notice', key, severity: 'info', text: '', cleared: true});
    }
  }
}

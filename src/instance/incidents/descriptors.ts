import {readdir, readFile} from 'node:fs/promises';
import type {EventOf} from '../../model/events.ts';
import type {InstanceState} from '../../model/state.ts';
import {groupOf, type Trigger} from './trigger.ts';

/** Milliseconds between two looks, and the share of the limit that is near it. */
const EVERY = 5000;
const NEAR = 0.9;
const PROCESSES = 50;

/** Daemon processes that are about to run out of file descriptors, from /proc; says nothing where there is none, or it may not be read. */
export class DescriptorWatch {
  #lookedAt = 0;
  #near = new Map<number, {open: number; limit: number}>();

  /** Told of each reading of the processes; what it looks at now comes with the next one. */
  see(event: EventOf<'processes'>, state: InstanceState): Trigger[] {
    const {at} = event;
    if (at - this.#lookedAt >= EVERY) {
      this.#lookedAt = at;
      void this.#look(event.rows.filter((row) => row.role === 'daemon' && row.agent === 'connected').map((row) => row.pid));
    }
    const found = [...this.#near].map(([pid, {open, limit}]): Trigger => {
      const text = `process ${pid} has ${open} of ${limit} file descriptors open`;
      return {
        kind: 'descriptors',
        severity: 'warn',
        at,
        title: text,
        reason: text,
        pid,
        processGroup: groupOf(state.info),
        where: null,
        subject: '',
        mark: `near ${pid}`,
        stacks: pid,
      };
    });
    this.#near.clear();
    return found;
  }

  async #look(pids: number[]): Promise<void> {
    await Promise.all(
      pids.slice(0, PROCESSES).map(async (pid) => {
        try {
          const limit = Number(/^Max open files\s+(\d+)/m.exec(await readFile(`/proc/${pid}/limits`, 'latin1'))?.[1]);
          const open = (await readdir(`/proc/${pid}/fd`)).length;
          if (open >= limit * NEAR) this.#near.set(pid, {open, limit});
        } catch {
          // Gone, or not ours to look at.
        }
      }),
    );
  }
}

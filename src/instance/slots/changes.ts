import {kill} from 'node:process';
import {relative} from 'node:path';
import {written} from './half-written.ts';
import {ImportedFiles, type FileChange} from './imported-files.ts';
import type {SlotContext} from './slot-context.ts';

/** What the processes have imported since they were last asked is waited for so long, in milliseconds: a busy interpreter may not answer. */
const ANSWER = 100;

/** Which changed files are news to the application. */
export class Changes {
  readonly #context: SlotContext;
  readonly imported = new ImportedFiles();
  #question = 0;
  /** Processes whose answer to the newest question is due. */
  readonly #due = new Set<number>();
  #answered: () => void = () => {};
  onImported: (files: Iterable<string>) => void = () => {};

  constructor(context: SlotContext) {
    this.#context = context;
  }

  /** An answer of a process. */
  files(pid: number, id: number, files: readonly string[], more: boolean): void {
    if (this.#context.pool.get(pid)?.slot !== this.#context.slotSwitch.live()) return;
    this.imported.add(files);
    this.onImported(files);
    if (id !== this.#question || more) return;
    this.#due.delete(pid);
    if (this.#due.size === 0) this.#answered();
  }

  /** New code is live: asks anew for everything. */
  renew(): void {
    this.imported.clear();
    this.#ask();
  }

  /** Names of the files whose change calls for a reload. Services whose script has changed are ended; Apache starts them again. */
  async news(changes: readonly FileChange[], all: boolean): Promise<string[]> {
    const rest = changes.filter((change) => !this.#ofService(change));
    if (!all && rest.some((change) => change.path.endsWith('.py'))) await this.#asked();
    const paths = rest.filter((change) => all || this.imported.matters(change)).map((one) => one.path);
    await written(paths);
    return paths.map((path) => relative(this.#context.plan.roots[0] ?? '/', path));
  }

  #ask(): number[] {
    const {pool, slotSwitch, tell} = this.#context;
    const pids = pool.members(slotSwitch.live()).flatMap((one) => (one.state === 'loaded' ? one.pid : []));
    this.#question++;
    for (const pid of pids) tell(pid, {type: 'files', id: this.#question});
    return pids;
  }

  async #asked(): Promise<void> {
    this.#due.clear();
    for (const pid of this.#ask()) this.#due.add(pid);
    if (this.#due.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ANSWER);
      this.#answered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #ofService({path}: FileChange): boolean {
    const {bus, plan} = this.#context;
    const service = plan.services.find((one) => one.script === path);
    if (!service) return false;
    for (const row of bus.state().processes) {
      if (row.role !== 'service' || row.label !== service.name) continue;
      const text = `its script was saved: ${relative(plan.roots[0] ?? '/', path)}`;
      bus.put({type: 'restart', pid: row.pid, cause: 'reload', text, processGroup: `service:${service.name}`, source: 'exit'});
      try {
        kill(row.pid, 'SIGTERM');
      } catch {
        // It has ended by itself: the next one has the new script.
      }
    }
    return true;
  }
}

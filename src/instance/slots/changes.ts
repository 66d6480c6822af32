import {kill} from 'node:process';
import {relative} from 'node:path';
import {written} from './half-written.ts';
import {ImportedFiles, type FileChange} from './imported-files.ts';
import type {SlotContext} from './slot-context.ts';

/**
 * Milliseconds in which the processes have to say what they have imported lately. Where a changed file is known to be imported, only the names of others
 * depend on the answer. Otherwise the reload does: a busy machine gets longer, and what is still not known then counts as imported.
 */
const FOR_NAMES = 100;
const FOR_RELOAD = 2000;

/** One question, until all processes have answered it. */
interface Question {
  id: number;
  /** Processes whose answer is due. */
  due: Set<number>;
  end(outcome: 'answered' | 'late' | 'renewed'): void;
}

/** Which changed files are news to the application. */
export class Changes {
  readonly #context: SlotContext;
  readonly imported = new ImportedFiles();
  #asked = 0;
  readonly #questions = new Set<Question>();
  /** When the live code was loaded, in milliseconds since the epoch; undefined for the code of the start. */
  #loaded: number | undefined;
  onImported: (files: Iterable<string>, loaded?: number) => void = () => {};

  constructor(context: SlotContext) {
    this.#context = context;
  }

  /** An answer of a process. */
  files(pid: number, id: number, files: readonly string[], more: boolean): void {
    if (this.#context.pool.get(pid)?.slot !== this.#context.slotSwitch.live()) return;
    this.imported.add(files);
    this.onImported(files, this.#loaded);
    if (more) return;
    for (const question of this.#questions) {
      // A process names each file once: an answer to a later question holds the answer to this one.
      if (id >= question.id) question.due.delete(pid);
      if (question.due.size === 0) question.end('answered');
    }
  }

  /** New code is live, loaded at `loaded`: asks anew for everything. */
  renew(loaded: number): void {
    this.#loaded = loaded;
    this.imported.clear();
    this.#ask();
    for (const question of this.#questions) question.end('renewed');
  }

  /** Names of the files whose change calls for a reload. Services whose script has changed are ended; Apache starts them again. */
  async news(changes: readonly FileChange[], all: boolean): Promise<string[]> {
    const rest = changes.filter((change) => !this.#ofService(change));
    const matters = (change: FileChange) => all || this.imported.matters(change);
    let known = true;
    if (!rest.every(matters)) known = await this.#answered(rest.some(matters) ? FOR_NAMES : FOR_RELOAD);
    const certain = rest.filter(matters);
    const paths = (certain.length > 0 || known ? certain : rest).map((one) => one.path);
    await written(paths);
    return paths.map((path) => relative(this.#context.plan.roots[0] ?? '/', path));
  }

  #ask(): number[] {
    const {pool, slotSwitch, tell} = this.#context;
    const pids = pool.members(slotSwitch.live()).flatMap((one) => (one.state === 'loaded' ? one.pid : []));
    this.#asked++;
    for (const pid of pids) tell(pid, {type: 'files', id: this.#asked});
    return pids;
  }

  /** Asks the processes what they have imported lately. @returns false when one of them did not answer within `ms`. */
  async #answered(ms: number): Promise<boolean> {
    const end = performance.now() + ms;
    for (;;) {
      const due = new Set(this.#ask());
      if (due.size === 0) return true;
      const outcome = await this.#outcome(due, Math.max(0, end - performance.now()));
      if (outcome !== 'renewed') return outcome === 'answered';
    }
  }

  #outcome(due: Set<number>, ms: number): Promise<Parameters<Question['end']>[0]> {
    return new Promise((resolve) => {
      const question: Question = {
        id: this.#asked,
        due,
        end: (outcome) => {
          clearTimeout(timer);
          this.#questions.delete(question);
          resolve(outcome);
        },
      };
      const timer = setTimeout(() => question.end('late'), ms);
      this.#questions.add(question);
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

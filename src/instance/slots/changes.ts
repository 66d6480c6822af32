import {kill} from 'node:process';
import {relative} from 'node:path';
import {written} from './half-written.ts';
import {ImportedFiles, type FileChange} from './imported-files.ts';
import type {SlotContext, SlotPlan} from './slot-context.ts';
import type {SlotMember} from './slot-pool.ts';
import type {SlotSwitch} from './slot-switch.ts';

/**
 * Milliseconds in which the processes have to say what they have imported lately. Where a changed file is known to be imported, only the names of others
 * depend on the answer. Otherwise the reload does: a busy machine gets longer, and what is still not known then counts as imported.
 */
const FOR_NAMES = 100;
const FOR_RELOAD = 2000;
/**
 * Milliseconds between two questions about what requests have imported since; while no request comes (threads import too), every fifth time. A question
 * costs the application a third of a millisecond per 3,000 modules (measured).
 */
const LATELY = 2000;
const QUIET_TIMES = 5;

/** One question, until all processes have answered it. */
interface Question {
  id: number;
  /** Processes whose answer is due. */
  due: Set<number>;
  end(outcome: 'answered' | 'late' | 'renewed'): void;
}

/** When a process was asked (milliseconds since the epoch, by the number of the question), and when the last question was that it has answered. */
interface Asked {
  due: Map<number, number>;
  answered?: number;
}

/** What it takes to know them. */
export interface ChangesContext extends Pick<SlotContext, 'bus' | 'pool' | 'tell'> {
  plan: Pick<SlotPlan, 'roots' | 'services'>;
  slotSwitch: Pick<SlotSwitch, 'live'>;
}

/** The start time of a process is known to a hundredth of a second or two; in milliseconds. */
const START = 50;

/** Which changed files are news to the application. */
export class Changes {
  readonly #context: ChangesContext;
  /** Of the live processes; a process that has connected anew is another member, and names all its files again. */
  readonly #members = new WeakMap<SlotMember, Asked>();
  readonly imported = new ImportedFiles();
  #asked = 0;
  readonly #questions = new Set<Question>();
  /** When the live code was loaded, in milliseconds since the epoch; undefined for the code of the start. */
  #loaded: number | undefined;
  #onImported: (files: readonly string[], loaded?: number) => void = () => {};
  #end: () => void = () => {};

  constructor(context: ChangesContext) {
    this.#context = context;
  }

  /** Asks the live processes what they import, from now on until `close`; `listener` as in `Slots.onImported`. */
  watch(listener: (files: readonly string[], loaded?: number) => void): void {
    this.#onImported = listener;
    listener([...this.imported.all()], this.#loaded);
    const {bus, pool} = this.#context;
    let served = false;
    let quiet = 0;
    const unlisten = [
      // The application may not be loaded yet, and Apache replaces processes.
      pool.listen(() => this.#ask((asked) => asked === undefined)),
      bus.listen((event) => {
        if (event.type === 'traffic' && event.window.requests > 0) served = true;
      }),
    ];
    const timer = setInterval(() => {
      if (!served && ++quiet < QUIET_TIMES) return;
      served = false;
      quiet = 0;
      // A process that has not answered yet is not asked a second time: it may be stopped for hours.
      this.#ask((asked) => asked === undefined || asked.due.size === 0);
    }, LATELY);
    this.#end = () => {
      clearInterval(timer);
      for (const one of unlisten) one();
    };
    this.#ask((asked) => asked === undefined);
  }

  close(): void {
    this.#end();
  }

  /** An answer of a process. */
  files(pid: number, id: number, files: readonly string[], more: boolean): void {
    const member = this.#context.pool.get(pid);
    if (!member || member.slot !== this.#context.slotSwitch.live()) return;
    this.imported.add(files);
    const asked = this.#members.get(member);
    // What it had not imported by its last answer it has read since: only a save after that answer can be news.
    this.#onImported(files, asked?.answered ?? this.#loadedBy(pid));
    if (more) return;
    if (asked) {
      asked.answered = asked.due.get(id) ?? asked.answered;
      for (const due of asked.due.keys()) if (due <= id) asked.due.delete(due);
    }
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

  /** When a process has loaded its code at the earliest: Apache may have replaced it since. */
  #loadedBy(pid: number): number | undefined {
    const row = this.#context.bus.state().processes.find((one) => one.pid === pid);
    return row ? Math.max(this.#loaded ?? 0, row.startedAt - START) : this.#loaded;
  }

  /** @returns the live processes that were asked. */
  #ask(which: (asked: Asked | undefined) => boolean = () => true): number[] {
    const {pool, slotSwitch, tell} = this.#context;
    const members = pool.members(slotSwitch.live()).filter((one) => one.state === 'loaded' && which(this.#members.get(one)));
    if (members.length === 0) return [];
    this.#asked++;
    const now = Date.now();
    for (const member of members) {
      const asked = this.#members.get(member) ?? {due: new Map<number, number>()};
      this.#members.set(member, asked);
      asked.due.set(this.#asked, now);
      tell(member.pid, {type: 'files', id: this.#asked});
    }
    return members.map((one) => one.pid);
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

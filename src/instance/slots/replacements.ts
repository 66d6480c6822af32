import {recycle} from './recycle.ts';
import type {SlotContext} from './slot-context.ts';
import type {SlotMember} from './slot-pool.ts';

/** A process that is held is replaced after so long, in milliseconds: what kept it from loading may not have been the code. */
const AGAIN = 30_000;

const KEY = 'reload-disk';
const REMEDY = 'mend the code and save: it goes live by itself; until then restart nothing';

/**
 * Processes of the live slot that Apache has replaced, after a crash or at one of its limits, load what is on disk: which may not load. As long as
 * others of the slot have the application, such a process takes no requests and visitors notice nothing.
 */
export class Replacements {
  readonly #context: SlotContext;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  /** While the newest code on disk is known not to load: the processes that were there before. */
  #older: Set<number> | null = null;
  #said = '';

  constructor(context: SlotContext) {
    this.#context = context;
  }

  /** What came of the newest reload. */
  codeLoads(loads: boolean): void {
    this.#older = loads ? null : new Set(this.#live().flatMap((one) => (one.state === 'ending' ? [] : one.pid)));
    this.#say();
  }

  /** Something may have changed among the processes. */
  look(): void {
    const {pool, tell} = this.#context;
    const serving = this.#loaded().length > 0;
    for (const {pid, state} of this.#live().filter((one) => one.waits)) {
      if (state === 'failed' && serving) {
        tell(pid, {type: 'hold'});
        this.#timers.set(pid, setTimeout(() => this.#again(pid), AGAIN).unref());
        pool.held(pid);
      } else if ((state === 'failed' || state === 'held') && !serving) {
        tell(pid, {type: 'release'});
        pool.excused(pid);
      }
    }
    for (const [pid, timer] of this.#timers) {
      if (pool.get(pid)?.state === 'held') continue;
      clearTimeout(timer);
      this.#timers.delete(pid);
    }
    for (const pid of this.#loaded()) this.#known(pid);
    this.#say();
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #live(): SlotMember[] {
    return this.#context.pool.members(this.#context.slotSwitch.live());
  }

  /** One more than there were before has loaded it after all: it has been mended, or it was never the code. */
  #known(pid: number): void {
    if (!this.#older || this.#older.has(pid)) return;
    if (this.#older.size < this.#context.plan.processes) this.#older.add(pid);
    else this.#older = null;
  }

  #loaded(): number[] {
    return this.#live().flatMap((one) => (one.state === 'loaded' ? one.pid : []));
  }

  #again(pid: number): void {
    if (this.#context.pool.get(pid)?.state === 'held') recycle(this.#context, [pid], 'its code did not load: tried again');
  }

  #say(): void {
    const {bus, plan} = this.#context;
    const loaded = this.#loaded().length;
    const held = this.#live().filter((one) => one.state === 'held').length;
    let text = '';
    if (held > 0) {
      text = `what is on disk does not load, so ${held} of ${plan.processes} processes wait${held === 1 ? 's' : ''}: ${loaded} with the older code serve${loaded === 1 ? 's' : ''} all requests`;
    } else if (this.#older !== null && loaded > 0)
      text = 'the disk holds code that does not load: a process that is replaced now cannot serve';
    if (text === this.#said) return;
    this.#said = text;
    if (text === '') bus.put({type: 'notice', key: KEY, severity: 'info', text: '', cleared: true});
    else bus.put({type: 'notice', key: KEY, severity: held > 0 ? 'warn' : 'info', text, remedy: REMEDY});
  }
}

import type {CommandResult} from '../../model/commands.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {SlotListener} from '../../sources/agent/hub.ts';
import type {Bus} from '../bus.ts';
import type {InstancePlan} from '../instance-plan.ts';
import {Changes} from './changes.ts';
import type {FileChange} from './imported-files.ts';
import type {SlotContext, SlotPlan} from './slot-context.ts';
import {SlotPool} from './slot-pool.ts';
import {SlotSwitch} from './slot-switch.ts';
import {Swaps} from './swaps.ts';

export type {FileChange} from './imported-files.ts';
export type {SlotPlan} from './slot-context.ts';

export interface SlotsOptions {
  plan: SlotPlan;
  bus: Bus;
  /** Of the processes that the hub knows. */
  stacks: (pid: number) => Promise<StackCapture[]>;
  alive: (pid: number) => boolean;
}

/** What is known of the processes, and said to them. */
interface Processes {
  tell(pid: number, message: Parameters<SlotContext['tell']>[1]): void;
  pace(pid: number, ms: number): void;
  takeStacks(pid: number): Promise<StackCapture[]>;
  alive(pid: number): boolean;
}

/** The slots of an instance; null when its code is not reloaded by swap. @param processes is asked for when first needed. */
export function slotsOf({slots: plan}: InstancePlan, bus: Bus, processes: () => Processes): Slots | null {
  if (!plan) return null;
  return new Slots({plan, bus, stacks: (pid) => processes().takeStacks(pid), alive: (pid) => processes().alive(pid)});
}

/** Reload by swap, for one instance. */
export class Slots {
  readonly #swaps: Swaps;
  readonly #changes: Changes;
  /** To be given to the hub. */
  readonly listener: SlotListener;
  #hub: Pick<Processes, 'tell' | 'pace'> | null = null;
  #onLive: () => void = () => {};

  constructor({plan, bus, stacks, alive}: SlotsOptions) {
    const slotSwitch = new SlotSwitch(plan.switchFile);
    const pool = new SlotPool(plan.groups, slotSwitch, {
      files: (...answer) => this.#changes.files(...answer),
      exception: (...words) => this.#swaps.exception(...words),
    });
    const context: SlotContext = {
      plan,
      bus,
      pool,
      slotSwitch,
      tell: (pid, message) => this.#hub?.tell(pid, message),
      pace: (pid, ms) => this.#hub?.pace(pid, ms),
      stacks,
      alive,
    };
    this.listener = pool;
    this.#changes = new Changes(context);
    this.#swaps = new Swaps(context, (loaded) => {
      this.#changes.renew(loaded);
      this.#onLive();
    });
  }

  /** @param onLive called when new requests go to new code. */
  connect(hub: Pick<Processes, 'tell' | 'pace'>, onLive: () => void): void {
    this.#hub = hub;
    this.#onLive = onLive;
  }

  /**
   * Calls `listener` with files that the application has imported, now and when it has imported more; what was saved after `loaded` (milliseconds since
   * the epoch; undefined for the code of the start) is not what it has imported.
   */
  onImported(listener: (files: readonly string[], loaded?: number) => void): void {
    this.#changes.watch(listener);
  }

  /** Names of the changed files that are news to the application. */
  news(changes: readonly FileChange[]): Promise<string[]> {
    return this.#changes.news(changes, this.#swaps.failed);
  }

  /** Loads new code beside the old, and switches. `files` is empty when asked by hand. */
  request(files: string[]): CommandResult {
    this.#swaps.request(files);
    return {ok: true, text: files.length > 0 ? `loading beside the old code: ${files[0]}` : 'loading beside the old code'};
  }

  /** Before Apache is told to stop, or to restart (`again`): idle processes hear no signals while they wait. */
  release(again: boolean): void {
    this.#swaps.release(again);
  }

  /** Before one process is signalled, for the same reason. */
  letGo(pid: number): void {
    this.#swaps.letGo(pid);
  }

  close(): void {
    this.#changes.close();
    this.#swaps.close();
  }
}

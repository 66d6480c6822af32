import type {SlotListener} from '../../sources/agent/hub.ts';
import type {Bus} from '../bus.ts';
import type {InstancePlan} from '../instance-plan.ts';
import {Changes} from './changes.ts';
import type {FileChange} from './imported-files.ts';
import type {SlotContext} from './slot-context.ts';
import {SlotPool} from './slot-pool.ts';
import type {SlotName} from './slot-switch.ts';

/**
 * What the application has imported, where it is not reloaded by swap: its processes are one group, which always is the live
 * one, and new code comes with new processes.
 */
export class OneGroup {
  readonly #bus: Bus;
  readonly #pool: SlotPool;
  readonly #changes: Changes;
  readonly #unlisten: () => void;
  /** To be given to the hub. */
  readonly listener: SlotListener;

  /** @param tell says something to the agent of a process. */
  constructor({info, watch, services = []}: InstancePlan, bus: Bus, tell: SlotContext['tell']) {
    this.#bus = bus;
    const slotSwitch = {live: (): SlotName => 'blue'};
    this.#pool = new SlotPool({blue: info.processGroup, green: info.processGroup}, slotSwitch, {
      files: (...answer) => this.#changes.files(...answer),
      exception: () => {},
    });
    this.listener = this.#pool;
    this.#changes = new Changes({plan: {roots: watch?.roots ?? [], services}, bus, pool: this.#pool, slotSwitch, tell});
    this.#unlisten = bus.listen((event) => {
      if (event.type === 'agent' && event.state === 'gone') this.#pool.gone(event.pid);
    });
  }

  /** As in `Slots`. */
  onImported(listener: (files: readonly string[], loaded?: number) => void): void {
    this.#changes.watch(listener);
  }

  /** Names of the changed files that are news to the application; of all while it has not loaded. */
  news(changes: readonly FileChange[]): Promise<string[]> {
    const members = this.#pool.members('blue');
    const loaded = members.length > 0 && members.every((one) => one.state === 'loaded');
    return this.#changes.news(changes, !loaded || this.#bus.state().reloads.at(-1)?.status === 'failed');
  }

  close(): void {
    this.#changes.close();
    this.#unlisten();
  }
}

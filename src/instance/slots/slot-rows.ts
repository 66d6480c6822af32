import type {SlotRow} from '../../model/events.ts';
import type {SlotContext} from './slot-context.ts';
import type {SlotMember} from './slot-pool.ts';
import {SLOTS, type SlotName} from './slot-switch.ts';

/** Milliseconds between two reports on requests that come and go; a slot that changes its state is reported at once. */
const EVERY = 250;

/** Puts what the two slots are at on the bus, whenever it is something else. */
export class SlotRows {
  readonly #context: SlotContext;
  readonly #draining: () => SlotName | null;
  #rows: SlotRow[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param draining the slot that finishes its requests, if one does. */
  constructor(context: SlotContext, draining: () => SlotName | null) {
    this.#context = context;
    this.#draining = draining;
  }

  /** Something may have changed. */
  look(): void {
    const rows = SLOTS.map((name) => this.#row(name));
    const same = (key: 'state' | 'inFlight' | 'pids') =>
      rows.every((row, index) => String(row[key]) === String(this.#rows[index]?.[key] ?? ''));
    if (same('state') && same('inFlight') && same('pids')) return;
    if (same('state') && this.#rows.length > 0) {
      this.#timer ??= setTimeout(() => this.#put(), EVERY);
      return;
    }
    this.#put();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #put(): void {
    this.stop();
    this.#rows = SLOTS.map((name) => this.#row(name));
    this.#context.bus.put({type: 'slots', slots: this.#rows});
  }

  #row(name: SlotName): SlotRow {
    const {pool, plan, slotSwitch} = this.#context;
    const members = pool.members(name);
    const state = slotSwitch.live() === name ? ofLive(members) : this.#draining() === name ? 'draining' : ofIdle(members, plan.processes);
    const before = this.#rows.find((row) => row.name === name);
    return {
      name,
      processGroup: plan.groups[name],
      state,
      since: before?.state === state ? before.since : Date.now(),
      pids: members.map((one) => one.pid),
      inFlight: members.reduce((sum, one) => sum + one.busy, 0),
    };
  }
}

function ofLive(members: readonly SlotMember[]): SlotRow['state'] {
  return members.length > 0 && members.every((one) => one.state === 'failed') ? 'failed' : 'live';
}

function ofIdle(members: readonly SlotMember[], processes: number): SlotRow['state'] {
  const states = new Set(members.map((one) => one.state));
  if (states.has('loading')) return 'loading';
  if (states.has('failed')) return 'failed';
  if (members.length < processes || states.size > 1 || states.has('stray') || states.has('ending')) return 'recycling';
  return states.has('loaded') ? 'loaded' : 'empty';
}

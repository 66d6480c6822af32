import type {Diagnosis} from '../model/diagnosis.ts';
import type {InstanceState} from '../model/state.ts';
import {capacityRules} from './rules/capacity.ts';
import {Readings, readingOf} from './readings.ts';

export interface CapacityOptions {
  /** Seconds of data that each kind of advice needs. Too few threads shows at once; that there are too many, only over a whole quiet stretch. */
  fewSeconds: number;
  cpuSeconds: number;
  manySeconds: number;
  leakSeconds: number;
}

export const CAPACITY_DEFAULTS: CapacityOptions = {fewSeconds: 30, cpuSeconds: 30, manySeconds: 600, leakSeconds: 300};

/** Readings closer together than this are taken as one, milliseconds. */
const APART = 900;

/**
 * What the figures of the last minutes say about threads, processes and memory. Fed about once a second; holds ten minutes of figures.
 * Pure: its clock is what it is told.
 */
export class CapacityMeter {
  readonly #options: CapacityOptions;
  readonly #readings: Readings;
  #state: InstanceState | null = null;

  constructor(options: Partial<CapacityOptions> = {}) {
    this.#options = {...CAPACITY_DEFAULTS, ...options};
    this.#readings = new Readings(Math.max(...Object.values(this.#options)) * 1000);
  }

  /** @param now milliseconds since the epoch. A new Apache, or another number of threads, begins anew. */
  see(state: InstanceState, now: number): void {
    const before = this.#state;
    const {info, lifecycle} = state;
    if (
      before &&
      (before.lifecycle.guardPid !== lifecycle.guardPid ||
        before.info?.threads !== info?.threads ||
        before.info?.processes !== info?.processes)
    )
      this.#readings.clear();
    this.#state = state;
    if (lifecycle.phase !== 'ready' && lifecycle.phase !== 'degraded') return this.#readings.clear();
    if (now - this.#readings.newest < APART) return;
    const reading = readingOf(state, now);
    if (reading) this.#readings.add(reading);
  }

  /** The advice in force, the most urgent first; empty while there is too little data or nothing to say. */
  advice(): Diagnosis[] {
    const state = this.#state;
    if (!state) return [];
    return capacityRules.flatMap(({rule, severity, match}) => {
      const found = match(this.#readings, state, this.#options);
      return found ? [{rule, severity, ...found}] : [];
    });
  }
}

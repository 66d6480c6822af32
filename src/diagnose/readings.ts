import type {InstanceState} from '../model/state.ts';
import {selectTotals} from '../model/select-totals.ts';

/** The figures of one moment. */
export interface Reading {
  at: number;
  busy: number;
  capacity: number;
  /** Milliseconds that requests wait for a thread; 0 where none waits or nobody knows. */
  queueMs: number;
  /** Finished requests a second. */
  rate: number;
  /** Of each daemon process. */
  daemons: {pid: number; cpu: number; rss: number}[];
}

/** Null while no daemon process is known. */
export function readingOf(state: InstanceState, at: number): Reading | null {
  const {busy, capacity, queueMs, rate} = selectTotals(state, at);
  const daemons = state.processes.filter((one) => one.role === 'daemon').map(({pid, cpu, rss}) => ({pid, cpu, rss}));
  if (capacity === null || capacity === 0 || daemons.length === 0) return null;
  return {at, busy: Math.min(busy, capacity), capacity, queueMs: queueMs ?? 0, rate: rate ?? 0, daemons};
}

/** The readings of the last minutes, oldest first. */
export class Readings {
  readonly #keep: number;
  #all: Reading[] = [];

  /** @param keep milliseconds. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  get newest(): number {
    return this.#all.at(-1)?.at ?? 0;
  }

  add(reading: Reading): void {
    this.#all.push(reading);
    const first = this.#all.findIndex((one) => one.at >= reading.at - this.#keep - 2000);
    if (first > 60) this.#all = this.#all.slice(first);
  }

  clear(): void {
    this.#all = [];
  }

  /** Those of the last so many seconds; null while they do not reach back that far, or are too few to stand for the time. */
  last(seconds: number): Reading[] | null {
    const from = this.newest - seconds * 1000;
    const oldest = this.#all[0];
    if (!oldest || oldest.at > from) return null;
    const found = this.#all.filter((one) => one.at >= from);
    return found.length >= Math.max(3, seconds / 3) ? found : null;
  }
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, one) => sum + one, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Adds the readings of all processes up into one window of the last minute. */
import type {PhaseFigure, PhaseName, PhaseWindow} from '../../model/phases.ts';
import {type Edges, Histogram} from './histogram.ts';

/** What one process told of one interval. */
export interface PhaseReading {
  /** Milliseconds since the epoch: the end of the interval. */
  at: number;
  pid: number;
  requests: number;
  /** Counts by bucket; mean and greatest value in milliseconds. */
  phases: Partial<Record<PhaseName, {counts: readonly number[]; mean: number | null; max: number | null}>>;
  /** 0 to 1. */
  utilization: number | null;
  slots?: {busy: number; total: number; longest: number};
}

export interface GcPass {
  at: number;
  ms: number;
}

/** Milliseconds. */
const WINDOW = 60_000;
/** Readings kept at most: a minute of a hundred processes. */
const MOST = 6000;
/** A process that has told nothing for so long is gone, in milliseconds. */
const SILENT = 5000;

export class PhaseMeter {
  readonly #edges: Edges;
  readonly #source: PhaseWindow['source'];
  #readings: PhaseReading[] = [];
  #passes: GcPass[] = [];
  #lost = 0;

  constructor(source: PhaseWindow['source'], edges: Edges) {
    this.#source = source;
    this.#edges = edges;
  }

  add(reading: PhaseReading): void {
    this.#readings.push(reading);
    if (this.#readings.length > MOST) this.#readings.shift();
  }

  collected(pass: GcPass): void {
    this.#passes.push(pass);
    if (this.#passes.length > MOST) this.#passes.shift();
  }

  lose(datagrams: number): void {
    this.#lost += datagrams;
  }

  /** The window that ends at `now`; null while nothing has been told. */
  window(now: number): PhaseWindow | null {
    this.#readings = this.#readings.filter((one) => one.at > now - WINDOW);
    this.#passes = this.#passes.filter((one) => one.at > now - WINDOW);
    const newest = new Map(this.#readings.map((one) => [one.pid, one]));
    const alive = [...newest.values()].filter((one) => one.at > now - SILENT);
    if (this.#readings.length === 0) return null;
    const used = alive.flatMap((one) => one.utilization ?? []);
    const slots = alive.flatMap((one) => (one.slots ? [{pid: one.pid, ...one.slots}] : []));
    const ms = this.#passes.map((one) => one.ms);
    return {
      at: now,
      seconds: Math.round((now - Math.max(now - WINDOW, this.#readings[0]!.at)) / 1000),
      source: this.#source,
      requests: this.#readings.reduce((sum, one) => sum + one.requests, 0),
      figures: SHOWN.flatMap((phase) => this.#figure(phase) ?? []),
      utilization: used.length === 0 ? null : used.reduce((sum, one) => sum + one, 0) / used.length,
      ...(ms.length > 0 ? {gc: {passes: ms.length, ms: ms.reduce((sum, one) => sum + one, 0), maxMs: Math.max(...ms)}} : {}),
      ...(slots.length > 0 ? {slots} : {}),
      ...(this.#lost > 0 ? {lost: this.#lost} : {}),
    };
  }

  #figure(phase: PhaseName): PhaseFigure | null {
    const told = this.#readings.filter((one) => one.phases[phase] !== undefined && one.requests > 0);
    if (told.length === 0) return null;
    const histogram = new Histogram(this.#edges);
    let sum = 0;
    let weight = 0;
    let max: number | null = null;
    for (const {requests, phases} of told) {
      const one = phases[phase]!;
      histogram.add(one.counts);
      if (one.mean !== null) {
        sum += one.mean * requests;
        weight += requests;
      }
      if (one.max !== null) max = Math.max(max ?? 0, one.max);
    }
    const mean = weight === 0 ? null : sum / weight;
    return {
      phase,
      p50: histogram.quantile(0.5, max, mean),
      p95: histogram.quantile(0.95, max, mean),
      p99: histogram.quantile(0.99, max, mean),
      mean,
      max,
    };
  }
}

/** In the order in which a request goes through them. */
const SHOWN: readonly PhaseName[] = ['server', 'queue', 'daemon', 'application', 'request', 'gil-wait', 'input-read', 'output-write'];

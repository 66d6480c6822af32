/**
 * Which entries a filter lets through, found once and kept while the log moves on. A screen that follows a filtered log asks several times
 * a second; looking through 100,000 entries each time would cost a fifth of a core.
 *
 * The search begins at the newest entry and goes backwards only as far as an answer needs, within a budget of time: what is not
 * searched yet counts as "there is more", and the next question goes on from there.
 */
import type {LogEntry} from '../../model/log.ts';
import {runWithin} from '../../model/time-guard.ts';
import type {CompiledFilter} from './log-filter.ts';

/** Where the entries are. */
export interface EntrySource {
  /** Oldest and newest sequence number kept; `last` is `first - 1` when there are none. */
  readonly first: number;
  readonly last: number;
  at(seq: number): LogEntry;
}

/** Milliseconds a call may search for, and how long one line may keep an expression busy. */
const BUDGET = 40;
const RUNAWAY = 250;
/** Entries between two looks at the clock, when none of them can take long. */
const LOOK_AT_CLOCK = 256;
export const RUNAWAY_ERROR = 'the expression takes too long on one of the lines: avoid repetitions within repetitions, like (a+)+';

export class FilterIndex {
  readonly #filter: CompiledFilter;
  readonly #source: EntrySource;
  /** Matches after the point where the search began, ascending; and before it, descending. */
  #newer: number[] = [];
  #older: number[] = [];
  /** Searched so far: `low` up to and including `high`. */
  #low: number;
  #high: number;
  #error: string | null = null;

  constructor(filter: CompiledFilter, source: EntrySource) {
    this.#filter = filter;
    this.#source = source;
    this.#high = source.last;
    this.#low = source.last + 1;
  }

  /** Set when the expression ran away; the filter is then of no use. */
  get error(): string | null {
    return this.#error;
  }

  /** Has everything down to the oldest entry been searched? */
  get complete(): boolean {
    return this.#low <= this.#source.first;
  }

  /**
   * The matching sequence numbers, at most `limit`, ascending: the last ones below `before` or the first ones above `after`,
   * and whether there are matches beyond on either side.
   */
  range(where: {before: number} | {after: number}, limit: number): {seqs: number[]; older: boolean; newer: boolean} {
    this.#forget();
    const edge = 'before' in where ? where.before : where.after;
    this.#guarded(() => this.#search('before' in where ? edge : this.#source.first, 'before' in where ? limit : Infinity));
    const total = this.#older.length + this.#newer.length;
    const from = this.#firstAtOrAfter('before' in where ? edge : edge + 1);
    const [start, end] = 'before' in where ? [Math.max(0, from - limit), from] : [from, Math.min(total, from + limit)];
    const seqs: number[] = [];
    for (let i = start; i < end; i++) seqs.push(this.#match(i));
    return {seqs, older: start > 0 || !this.complete, newer: end < total};
  }

  #search(edge: number, enough: number): void {
    const deadline = performance.now() + BUDGET;
    const {last} = this.#source;
    const {matches, risky} = this.#filter;
    const every = risky ? 1 : LOOK_AT_CLOCK;
    let count = 0;
    while (this.#high < last) {
      const seq = this.#high + 1;
      if (matches(this.#source.at(seq))) this.#newer.push(seq);
      this.#high = seq;
      if (++count % every === 0 && performance.now() > deadline) return;
    }
    const first = this.#source.first;
    // One more than asked for says whether there are older ones.
    let below = this.#firstAtOrAfter(edge);
    while (this.#low > first && below <= enough) {
      const seq = this.#low - 1;
      if (matches(this.#source.at(seq))) {
        this.#older.push(seq);
        if (seq < edge) below++;
      }
      this.#low = seq;
      if (++count % every === 0 && performance.now() > deadline) return;
    }
  }

  #guarded(work: () => void): void {
    if (this.#error !== null) return;
    if (!this.#filter.risky) return work();
    if (!runWithin(BUDGET + RUNAWAY, work)) this.#error = RUNAWAY_ERROR;
  }

  /** Drops what the ring has dropped. */
  #forget(): void {
    const {first} = this.#source;
    if (this.#high < first - 1) {
      this.#newer = [];
      this.#older = [];
      this.#high = first - 1;
      this.#low = first;
      return;
    }
    this.#low = Math.max(this.#low, first);
    while (this.#older.length > 0 && this.#older.at(-1)! < first) this.#older.pop();
    if (this.#older.length === 0 && this.#newer.length > 0 && this.#newer[0]! < first) {
      const kept = this.#newer.findIndex((seq) => seq >= first);
      this.#newer = kept < 0 ? [] : this.#newer.slice(kept);
    }
  }

  #match(index: number): number {
    const older = this.#older.length;
    return index < older ? this.#older[older - 1 - index]! : this.#newer[index - older]!;
  }

  /** Position of the first match at or after a sequence number. */
  #firstAtOrAfter(seq: number): number {
    let low = 0;
    let high = this.#older.length + this.#newer.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#match(middle) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Percentiles from counts by bucket. */

/** Upper edges of the buckets in milliseconds; the first begins at 0, what is beyond the last edge is counted in one bucket more. */
export type Edges = readonly number[];

/** mod_wsgi 6.x: 16 octaves from 1 ms to 65.536 s in four linear steps each; what is shorter than 1 ms is in the first. */
export const EDGES_6: Edges = Array.from({length: 64}, (_, index) => 2 ** Math.floor(index / 4) * (1 + ((index % 4) + 1) / 4));

/** Adds up counts; arrays of another length than expected are left out. */
export class Histogram {
  readonly #edges: Edges;
  readonly #counts: number[];

  constructor(edges: Edges) {
    this.#edges = edges;
    this.#counts = Array.from({length: edges.length + 1}, () => 0);
  }

  add(counts: readonly number[]): void {
    for (const [index, count] of counts.entries()) {
      if (index < this.#counts.length && Number.isFinite(count) && count > 0) this.#counts[index]! += count;
    }
  }

  get total(): number {
    return this.#counts.reduce((sum, one) => sum + one, 0);
  }

  /**
   * The value that `share` (0 to 1) of all lie below, in milliseconds: linear within its bucket. Null without values.
   * @param max the greatest value seen, where known: nothing above it is told.
   * @param mean of all values: most phases are far shorter than the first bucket, and then it tells more than the bucket's edge.
   */
  quantile(share: number, max: number | null, mean: number | null = null): number | null {
    const total = this.total;
    if (total === 0) return null;
    let before = 0;
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0 && before + count >= share * total) {
        const from = index === 0 ? 0 : this.#edges[index - 1]!;
        const edge = this.#edges[index] ?? max ?? from;
        const to = index === 0 && mean !== null ? Math.min(edge, 2 * mean) : edge;
        const value = from + (to - from) * ((share * total - before) / count);
        return max === null ? value : Math.min(value, max);
      }
      before += count;
    }
    return max;
  }
}

/** mod_wsgi 4.x and 5.x: the first bucket ends at 5 ms, each further one at twice that (measured on 4.9.4). */
export const EDGES_4: Edges = Array.from({length: 15}, (_, index) => 5 * 2 ** index);

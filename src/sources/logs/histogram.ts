/**
 * Counts of values in buckets that grow by 2 % each: quantiles within about 1 % from a fixed amount of memory, whatever the number
 * of values. For durations from 1 µs to over an hour.
 */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
const BUCKETS = 1120;

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Adds a value of at least 0. */
  add(value: number): void {
    this.#counts[bucketOf(value)]!++;
    this.#total++;
  }

  clear(): void {
    if (this.#total === 0) return;
    this.#counts.fill(0);
    this.#total = 0;
  }

  merge(other: Histogram): void {
    if (other.#total === 0) return;
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! += other.#counts[i]!;
    this.#total += other.#total;
  }

  /** Takes out what `merge` put in. */
  unmerge(other: Histogram): void {
    if (other.#total === 0) return;
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! -= other.#counts[i]!;
    this.#total -= other.#total;
  }

  /** The values below which the given parts (ascending, 0 to 1) of all values lie; null for each when there are none. */
  quantiles(parts: readonly number[]): (number | null)[] {
    if (this.#total === 0) return parts.map(() => null);
    const result: number[] = [];
    let seen = 0;
    let bucket = 0;
    for (const part of parts) {
      const rank = Math.max(1, Math.ceil(part * this.#total));
      while (seen + this.#counts[bucket]! < rank) seen += this.#counts[bucket++]!;
      result.push(middleOf(bucket));
    }
    return result;
  }
}

function bucketOf(value: number): number {
  if (!(value >= 1)) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(value) / LOG_GROWTH));
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 0 : GROWTH ** (bucket - 0.5);
}

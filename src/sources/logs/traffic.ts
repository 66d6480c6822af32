/** Finished requests -> figures for the screen: counts of the last second, latency over the last minute. */
import type {TrafficWindow} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';
import {Histogram} from './histogram.ts';

/** Slices of the minute; each holds one histogram of fixed size (4 KiB). */
const SLICES = 60;
const PARTS = [0.5, 0.95, 0.99];

export class TrafficMeter {
  readonly #now: () => number;
  readonly #slices = Array.from({length: SLICES}, () => new Histogram());
  readonly #minute = new Histogram();
  #slice = 0;
  #sliceStart: number;
  #windowStart: number;
  #requests = 0;
  #errors5xx = 0;
  #errors4xx = 0;

  /** `now` in milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#windowStart = now();
    this.#sliceStart = this.#windowStart;
  }

  /** Counts an access log entry; others are passed over. It counts when it is read, so a burst after a pause shows as one. */
  add(entry: LogEntry): void {
    const {access} = entry;
    if (!access) return;
    this.#advance(this.#now());
    this.#requests++;
    if (access.status >= 500) this.#errors5xx++;
    else if (access.status >= 400) this.#errors4xx++;
    this.#slices[this.#slice]!.add(access.micros);
    this.#minute.add(access.micros);
  }

  /** The window since the last call (call it once a second); it begins a new one. */
  take(): TrafficWindow {
    const at = this.#now();
    this.#advance(at);
    const [p50, p95, p99] = this.#minute.quantiles(PARTS).map((micros) => (micros === null ? null : round(micros / 1000)));
    const window: TrafficWindow = {
      at,
      seconds: Math.max(0.001, (at - this.#windowStart) / 1000),
      requests: this.#requests,
      errors5xx: this.#errors5xx,
      errors4xx: this.#errors4xx,
      p50: p50 ?? null,
      p95: p95 ?? null,
      p99: p99 ?? null,
    };
    this.#windowStart = at;
    this.#requests = 0;
    this.#errors5xx = 0;
    this.#errors4xx = 0;
    return window;
  }

  #advance(now: number): void {
    // A clock set back would otherwise hold the old minute until it has caught up.
    if (now < this.#sliceStart) this.#sliceStart = now;
    let steps = Math.floor((now - this.#sliceStart) / 1000);
    this.#sliceStart += steps * 1000;
    for (steps = Math.min(steps, SLICES); steps > 0; steps--) {
      this.#slice = (this.#slice + 1) % SLICES;
      const oldest = this.#slices[this.#slice]!;
      this.#minute.unmerge(oldest);
      oldest.clear();
    }
  }
}

/** Three digits that count: 0.412, 88.3, 1250. */
function round(ms: number): number {
  return Number(ms.toPrecision(3));
}

import type {ActiveRequest, DeckEvent} from '../../model/events.ts';
import type {Figures} from '../../model/incidents.ts';
import type {LogEntry} from '../../model/log.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {RequestVerdict} from '../../model/verdict.ts';

/** How much is remembered for the incident that may come: lines, of them access lines, seconds of figures, captures, processes. */
const LINES = 60;
const ACCESS_LINES = 20;
const SECONDS = 60;
const CAPTURES = 24;
const PROCESSES = 64;
/** Captures are evidence for something that happened at most this much later, in milliseconds. */
const FRESH = 10_000;

/** What happened last, so that an incident holds what was before it. */
export class Recent {
  readonly #lines = new Ring<LogEntry>(LINES);
  readonly #access = new Ring<LogEntry>(ACCESS_LINES);
  readonly #figures = new Ring<Figures>(SECONDS);
  readonly #captures = new Ring<StackCapture>(CAPTURES);
  readonly #requests = new Map<number, {at: number; requests: readonly ActiveRequest[]}>();
  readonly #verdicts = new Ring<RequestVerdict>(50);

  see(event: DeckEvent): void {
    if (event.type === 'log') (event.entry.source === 'access' ? this.#access : this.#lines).push(event.entry);
    else if (event.type === 'stacks') this.#captures.push(event.capture);
    else if (event.type === 'verdict') this.#verdicts.push(event.verdict);
    else if (event.type === 'requests') {
      this.#requests.delete(event.pid);
      this.#requests.set(event.pid, {at: event.at, requests: event.requests});
      if (this.#requests.size > PROCESSES) this.#requests.delete(this.#requests.keys().next().value!);
    }
  }

  figures(figures: Figures): void {
    this.#figures.push(figures);
  }

  before(): Figures[] {
    return this.#figures.all();
  }

  /** The newest lines, access lines among them, oldest first. A line that was repeated is in it once. */
  log(): LogEntry[] {
    const bySeq = new Map([...this.#lines.all(), ...this.#access.all()].map((entry) => [entry.seq, entry]));
    return [...bySeq.values()].toSorted((a, b) => a.seq - b.seq);
  }

  /** Taken of these processes (of any when empty) in the last milliseconds before `at`. */
  captures(pids: ReadonlySet<number>, at: number, ms = FRESH): StackCapture[] {
    return this.#captures.all().filter((one) => one.at > at - ms && (pids.size === 0 || pids.has(one.pid)));
  }

  /** Newest first of each request. */
  verdicts(pids: ReadonlySet<number>, at: number): RequestVerdict[] {
    const fresh = this.#verdicts.all().filter((one) => one.at > at - FRESH && (pids.size === 0 || pids.has(one.pid)));
    return [...new Map(fresh.map((one) => [one.requestId, one])).values()];
  }

  /** What a process was last seen at, also when it has ended since; empty when that was more than some seconds before `at`. */
  requests(pid: number, at: number): readonly ActiveRequest[] {
    const seen = this.#requests.get(pid);
    return seen && seen.at > at - FRESH ? seen.requests : [];
  }
}

/** The newest `size` things, for one store and one comparison each. */
class Ring<T> {
  readonly #size: number;
  #items: T[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#size) this.#items = this.#items.slice(-this.#size);
  }

  all(): T[] {
    return this.#items.slice(-this.#size);
  }
}

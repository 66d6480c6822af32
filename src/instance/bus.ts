import type {DeckEvent, EventOf, EventType} from '../model/events.ts';
import {apply, initialState} from '../model/reduce.ts';
import type {InstanceState, LogHead} from '../model/state.ts';

/** An event without what the bus adds. */
export type Fact = {[T in EventType]: Omit<EventOf<T>, 'instance' | 'at'> & {at?: number}}[EventType];

/**
 * The one stream of an instance: every source puts its facts here, the state is what they add up to, and every client reads the same.
 * A listener that throws is dropped: nobody who watches may harm the server.
 */
export class Bus {
  readonly #listeners = new Set<(event: DeckEvent) => void>();
  readonly #now: () => number;
  #name: string;
  #state: InstanceState;
  #head: (() => LogHead) | null = null;
  /** Time of the newest log entry that the state does not know of yet; 0 for none. */
  #loggedAt = 0;

  constructor(name: string, now: () => number = Date.now) {
    this.#name = name;
    this.#now = now;
    this.#state = initialState(name);
  }

  state(): InstanceState {
    if (this.#loggedAt > 0 && this.#head !== null) {
      this.#state = {...this.#state, at: Math.max(this.#state.at, this.#loggedAt), log: this.#head()};
      this.#loggedAt = 0;
    }
    return this.#state;
  }

  /**
   * The state as it was before the newest log lines: for those who look at each of thousands of lines a second, and not at the log's head.
   */
  known(): InstanceState {
    return this.#state;
  }

  /**
   * Names who keeps the log: its head is then taken when the state is asked for. Logs bring thousands of entries a second, and adding up each
   * would cost more than reading it.
   */
  keepLogIn(store: {head(): LogHead}): void {
    this.#head = () => store.head();
  }

  listen(listener: (event: DeckEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(fact: Fact): void {
    if (fact.type === 'instance') this.#name = fact.info.name;
    this.publish({...fact, at: fact.at ?? this.#now(), instance: this.#name});
  }

  /** For sources that make whole events themselves. */
  publish(event: DeckEvent): void {
    if (event.type === 'log' && this.#head !== null) {
      this.#loggedAt = Math.max(this.#loggedAt, event.at);
    } else {
      this.#state = apply(this.#state, event);
    }
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        this.#listeners.delete(listener);
      }
    }
  }
}

/** The incident that is open on the screen. It grows while it lasts: asked for again when its summary has changed. */
import type {Deck} from '../../src/model/deck.ts';
import type {Incident, IncidentSummary} from '../../src/model/incidents.ts';

/** Between two askings for the same incident, milliseconds: its evidence can be large. */
const EVERY_MS = 2000;

export class IncidentFetcher {
  current: {id: string; incident: Incident | null; error: string | null} | null = null;
  readonly #deck: Deck;
  readonly #changed: () => void;
  readonly #now: () => number;
  #wish: {id: string; summary: IncidentSummary | undefined} | null = null;
  #known: IncidentSummary | undefined;
  #busy = false;
  #last = 0;

  constructor(deck: Deck, changed: () => void, now: () => number) {
    this.#deck = deck;
    this.#changed = changed;
    this.#now = now;
  }

  /** Says which incident is open; null for none. Called on every tick; asks when there is something new. */
  want(id: string | null, summary?: IncidentSummary): void {
    if (id !== this.#wish?.id) {
      this.current = null;
      this.#last = 0;
    }
    this.#wish = id === null ? null : {id, summary};
    if (id === null || this.#busy) return;
    if (this.current !== null && (summary === this.#known || this.#now() - this.#last < EVERY_MS)) return;
    this.#last = this.#now();
    this.#known = summary;
    void this.#ask(id);
  }

  async #ask(id: string): Promise<void> {
    this.#busy = true;
    let next: NonNullable<typeof this.current>;
    try {
      next = {id, incident: await this.#deck.ask({type: 'incident', id}), error: null};
    } catch (error) {
      next = {id, incident: null, error: (error as Error).message};
    } finally {
      this.#busy = false;
    }
    if (this.#wish === null) return;
    if (this.#wish.id !== id) return this.want(this.#wish.id, this.#wish.summary);
    this.current = next;
    this.#changed();
  }
}

import type {Incident} from '../../model/incidents.ts';

/** An incident that lasts changes every second; it is written down this often, in milliseconds, and once more when it has come to rest. */
const EVERY = 3000;
const REMEMBERED = 50;

/** The evidence of incidents, fetched some time after they were told of, for the recording: only when it is another than before. */
export class IncidentBodies {
  readonly #get: (id: string) => Promise<Incident | null>;
  readonly #put: (incident: Incident) => void;
  readonly #due = new Map<string, NodeJS.Timeout>();
  readonly #known = new Map<string, string>();

  constructor(get: (id: string) => Promise<Incident | null>, put: (incident: Incident) => void) {
    this.#get = get;
    this.#put = put;
  }

  changed(id: string): void {
    if (this.#due.has(id)) return;
    // The first time at once: a supervisor that is killed now is to leave it behind.
    const wait = this.#known.has(id) ? EVERY : 100;
    this.#due.set(
      id,
      setTimeout(() => {
        this.#due.delete(id);
        void this.#fetch(id);
      }, wait).unref(),
    );
  }

  /** One that was fetched anyway. */
  got(incident: Incident): void {
    const {id} = incident.summary;
    const text = JSON.stringify(incident);
    if (this.#known.get(id) === text) return;
    this.#known.delete(id);
    this.#known.set(id, text);
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    this.#put(incident);
  }

  /** Fetches what is due, at the end. */
  async settle(): Promise<void> {
    const due = [...this.#due.keys()];
    for (const timer of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
    await Promise.all(due.map((id) => this.#fetch(id)));
  }

  async #fetch(id: string): Promise<void> {
    const incident = await this.#get(id).catch(() => null);
    if (incident !== null) this.got(incident);
  }
}

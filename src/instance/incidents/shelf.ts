import type {Incident, IncidentSummary} from '../../model/incidents.ts';
import type {Bus} from '../bus.ts';
import {type IncidentStore, MOST} from './store.ts';

/** Incidents kept in memory when the disk does not take them. */
const IN_MEMORY = 20;

/**
 * Incidents on disk as far as the disk goes, in memory where it does not: nothing here throws, a full disk is a notice.
 */
export class Shelf {
  readonly #bus: Bus;
  readonly #store: IncidentStore;
  readonly #unwritten = new Map<string, Incident>();
  /** Names of the files of this run. */
  readonly #written = new Set<string>();
  #usable = false;
  #told = false;

  constructor(bus: Bus, store: IncidentStore) {
    this.#bus = bus;
    this.#store = store;
  }

  /**
   * Makes the folder, and tells of what earlier supervisors of this server root have left, oldest first; those still open are closed. One file at a
   * time: there may be megabytes of them, while Apache starts.
   */
  async open(tell: (summary: IncidentSummary) => void): Promise<void> {
    const damaged: {name: string; reason: string}[] = [];
    try {
      this.#makeUsable();
      for (const name of this.#store.names().slice(-MOST.files)) {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#written.has(name)) continue;
        try {
          const {incident, changedAt} = this.#store.read(name);
          tell(this.#earlier(incident, changedAt));
        } catch (error) {
          damaged.push({name, reason: (error as Error).message});
        }
      }
    } catch (error) {
      this.#trouble(error);
    }
    if (damaged.length === 0) return;
    const text = `${damaged.length} damaged file${damaged.length === 1 ? '' : 's'} of incidents skipped: ${damaged[0]!.name}: ${damaged[0]!.reason}`;
    this.#bus.put({
      type: 'notice',
      key: 'incidents-damaged',
      severity: 'warn',
      text,
      remedy: `look at them, or remove them: ${this.#store.folder}`,
    });
  }

  /** @returns whether it is on disk now. */
  write(incident: Incident): boolean {
    try {
      this.#makeUsable();
      this.#written.add(`${incident.summary.id}.json`);
      this.#store.write(incident);
      this.#unwritten.delete(incident.summary.id);
      if (this.#told) this.#bus.put({type: 'notice', key: 'incidents', severity: 'info', text: '', cleared: true});
      this.#told = false;
      return true;
    } catch (error) {
      this.#unwritten.set(incident.summary.id, incident);
      if (this.#unwritten.size > IN_MEMORY) this.#unwritten.delete(this.#unwritten.keys().next().value!);
      this.#trouble(error);
      return false;
    }
  }

  get(id: string): Incident | null {
    return this.#unwritten.get(id) ?? this.#store.get(id);
  }

  /** @returns the path. @throws the system's error. */
  export(name: string, text: string): string {
    return this.#store.put(name, text);
  }

  #makeUsable(): void {
    if (!this.#usable) this.#store.open();
    this.#usable = true;
  }

  #earlier(incident: Incident, changedAt: number): IncidentSummary {
    const {summary} = incident;
    const open = summary.closedAt === null;
    const closed = {...summary, earlier: true, closedAt: summary.closedAt ?? Math.max(summary.openedAt, changedAt)};
    if (open) this.write({...incident, summary: {...closed, earlier: false}});
    return closed;
  }

  #trouble(error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    const text = `incidents cannot be kept on disk: ${(error as Error).message}`;
    this.#bus.put({type: 'notice', key: 'incidents', severity: 'warn', text, remedy: 'they are kept in memory until wsgideck ends'});
  }
}

import type {DeckEvent} from '../model/events.ts';
import {KEEP} from '../model/state.ts';
import type {StackCapture} from '../model/stacks.ts';
import type {Bus} from './bus.ts';

/** File names remembered at most. */
const FILES = 5000;

/** The stack captures behind the list on the screen, and the files that stacks, tracebacks and incidents have named. */
export class Captures {
  readonly #captures = new Map<number, StackCapture>();
  readonly #files = new Set<string>();

  constructor(bus: Bus) {
    bus.listen((event) => this.#see(event));
  }

  get(id: number): StackCapture | null {
    return this.#captures.get(id) ?? null;
  }

  named(file: string): boolean {
    return this.#files.has(file);
  }

  /** For stacks that are shown but not kept in the list. */
  remember(capture: StackCapture): StackCapture {
    for (const thread of capture.threads) for (const frame of thread.frames) this.#name(frame.file);
    return capture;
  }

  #see(event: DeckEvent): void {
    if (event.type === 'stacks') {
      this.#captures.set(event.capture.id, this.remember(event.capture));
      if (this.#captures.size > KEEP.captures) this.#captures.delete(this.#captures.keys().next().value!);
    } else if (event.type === 'exception' && event.file !== undefined) {
      this.#name(event.file);
    } else if (event.type === 'reload' && event.reload.failure?.place) {
      this.#name(event.reload.failure.place.file);
    } else if (event.type === 'incident' && event.incident.where) {
      // Where the agent could not tell, as of a process without free descriptors, only the log has had the traceback.
      this.#name(event.incident.where.file);
    }
  }

  #name(file: string): void {
    this.#files.delete(file);
    this.#files.add(file);
    if (this.#files.size > FILES) this.#files.delete(this.#files.values().next().value!);
  }
}

import type {Bus} from './bus.ts';

/** Notices that stay until what they tell of is over. Each is told once, and again when its text has another beginning. */
export class Told {
  readonly #bus: Bus;
  readonly #texts = new Map<string, string>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  tell(key: string, severity: 'warn' | 'error', text: string, remedy: string): void {
    // A figure behind a colon changes with each look.
    const kind = text.split(':')[0]!;
    if (this.#texts.get(key) === kind) return;
    this.#texts.set(key, kind);
    this.#bus.put({type: 'notice', key, severity, text, remedy});
  }

  takeBack(key: string): void {
    if (this.#texts.delete(key)) this.#bus.put({type: 'notice', key, severity: 'info', text: '', cleared: true});
  }
}

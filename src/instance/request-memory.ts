import type {ActiveRequest, DeckEvent} from '../model/events.ts';
import type {ThreadStack} from '../model/stacks.ts';
import {sourceLine} from '../sources/source-text.ts';
import type {Bus} from './bus.ts';

/** Milliseconds that a request is remembered after it was last seen. */
const REMEMBERED = 60_000;

/**
 * Which request each thread was seen with last: mod_wsgi's own dump names threads by ident but no request, and comes when the process may no longer
 * answer questions.
 */
export class RequestMemory {
  readonly #seen = new Map<string, {request: ActiveRequest; at: number}>();

  constructor(bus: Bus) {
    bus.listen((event) => this.#see(event));
  }

  /** Puts requests and source lines to the stacks of one process. `at` is when they were taken. */
  join(pid: number, threads: ThreadStack[], at: number): ThreadStack[] {
    return threads.map((thread) => {
      const known = this.#seen.get(`${pid}:${thread.ident}`);
      const frames = thread.frames.map((frame) => {
        const source = frame.source ?? sourceLine(frame.file, frame.line);
        return source ? {...frame, source} : frame;
      });
      if (thread.request || !known || known.request.startedAt > at) return {...thread, frames};
      const {id, method, url, startedAt} = known.request;
      return {...thread, frames, request: {id, method, url, startedAt}};
    });
  }

  #see(event: DeckEvent): void {
    if (event.type !== 'requests') return;
    for (const request of event.requests) this.#seen.set(`${request.pid}:${request.ident}`, {request, at: event.at});
    // A thread whose request has finished is idle: forget it, so that a later dump is not joined with something long over.
    const running = new Set(event.requests.map((one) => one.ident));
    for (const [key, {request, at}] of this.#seen) {
      const over = request.pid === event.pid && !running.has(request.ident);
      if (over || event.at - at > REMEMBERED) this.#seen.delete(key);
    }
  }
}

/** What follows from a trouble that is known already, and is none of its own. */
import type {DeckEvent} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';
import type {InstanceState} from '../../model/state.ts';
import type {Trigger} from './trigger.ts';

/** What Apache says of an answer that broke off: 4.x has one line for headers that are too long and for a daemon that died before it sent any. */
export const EITHER = /Truncated or oversized response headers received/;
const BROKEN_OFF = /Truncated or oversized response headers received|WSGI014[67]: /;
/** Milliseconds that the end of a process is told of around the line that it causes: Apache looks once a second. */
export const AROUND = 2500;
/** Processes that end one after another are more than what cut a few requests: then every failure counts. */
const LOOP = {ends: 3, ms: 10_000};
const REMEMBERED = 2000;
const ENDS = 200;

/**
 * Failed requests that another incident tells of: those that a dying process was at, and those whose own line has opened one. Without request ids in
 * the logs it knows of none.
 */
export class Consequences {
  /** Ids of requests that signs were about. */
  readonly #told = new Set<string>();
  /** By request id, when Apache said that the answer broke off. */
  readonly #broken = new Map<string, number>();
  /** Signs of the end of a process: that it begins, and that it is over, which may be many seconds apart. */
  #ends: {pid: number; at: number}[] = [];
  /** Processes whose end is an incident of its own, and when that was known. */
  readonly #troubled = new Map<number, number>();

  see(event: DeckEvent): void {
    if (event.type === 'log') this.#log(event.entry);
    // With a detail it is only the agent that has hung up.
    else if (event.type === 'restart' || (event.type === 'agent' && event.state === 'gone' && !event.detail))
      this.#ends = [...this.#ends, {pid: event.pid, at: event.at}].slice(-ENDS);
  }

  /** Hears of every sign. */
  told({kind, subject, pid, at, mark, inFlight = [], requests = []}: Trigger): void {
    if (kind === 'server-errors' && subject !== 'errors') for (const id of requests) this.#tell(id);
    if (pid === null || mark !== `pid ${pid}` || kind === 'failed-load') return;
    if (!this.#troubled.has(pid)) this.#troubled.set(pid, at);
    if (this.#troubled.size > ENDS) this.#troubled.delete(this.#troubled.keys().next().value!);
    for (const one of inFlight) this.#tell(one.id);
  }

  /** Is this line about an answer that a process did not finish because it ended. */
  ofAnEnd({requestId, at}: LogEntry): boolean {
    return (requestId !== undefined && this.#told.has(requestId)) || this.#endsAround(at).length > 0;
  }

  /** Of the requests that failed those that no other incident tells of, nor may one still. @param now milliseconds since the epoch. */
  unexplained<T extends {id: string}>(failed: readonly T[], now: number, {restarts}: Pick<InstanceState, 'restarts'>): readonly T[] {
    const loops = restarts.filter((one) => one.at > now - LOOP.ms).length >= LOOP.ends;
    return loops ? failed : failed.filter(({id}) => !this.#explains(id, now));
  }

  #explains(requestId: string, now: number): boolean {
    if (this.#told.has(requestId)) return true;
    const at = this.#broken.get(requestId);
    if (at === undefined) return false;
    return now - at <= AROUND + 1000 || this.#endsAround(at).some((one) => this.#troubled.has(one.pid));
  }

  #endsAround(at: number): {pid: number; at: number}[] {
    return this.#ends.filter((one) => Math.abs(one.at - at) <= AROUND);
  }

  #log(entry: LogEntry): void {
    if (entry.source !== 'error' || entry.requestId === undefined || !BROKEN_OFF.test(entry.text)) return;
    this.#broken.set(entry.requestId, entry.at);
    if (this.#broken.size > REMEMBERED) this.#broken.delete(this.#broken.keys().next().value!);
  }

  #tell(requestId: string): void {
    this.#told.add(requestId);
    if (this.#told.size > REMEMBERED) this.#told.delete(this.#told.values().next().value!);
  }
}

import type {DeckEvent} from '../../model/events.ts';
import type {InstanceState} from '../../model/state.ts';
import {groupOf, type Trigger} from './trigger.ts';
import {tracebackPlace} from './where.ts';

/** Seconds looked back at for bursts, and how many (and what share of all) make one. */
const SPAN = 10;
const ERRORS = {least: 5, share: 0.2};
const GONE = {least: 5, share: 0.2};
/** Milliseconds that all threads have to be busy for, the age of each of their requests, or the time in the queue, that mean saturation. */
const BUSY_FOR = 3000;
const HELD = 5000;
const QUEUED = 1000;

interface Second {
  at: number;
  requests: number;
  errors: number;
  gone: number;
}

/** Signs of trouble in the figures: bursts of errors, of clients that go away, and all threads busy while requests queue. */
export class FigureWatch {
  #seconds: Second[] = [];
  /** Clients that went away, since the last window. */
  #gone = 0;
  #goneText = '';
  #fullSince: number | null = null;

  see(event: DeckEvent, state: InstanceState): Trigger[] {
    if (event.type === 'log') {
      this.#count(event);
      return [];
    }
    if (event.type !== 'traffic' || !['ready', 'degraded', 'reloading'].includes(state.lifecycle.phase)) return [];
    const {at, requests, errors5xx} = event.window;
    this.#seconds = [...this.#seconds, {at, requests, errors: errors5xx, gone: this.#gone}].filter((one) => one.at > at - SPAN * 1000);
    this.#gone = 0;
    return [...this.#errors(at, state), ...this.#disconnects(at, state), ...this.#saturation(at, state)];
  }

  #count({entry}: Extract<DeckEvent, {type: 'log'}>): void {
    // Measured: also where nothing is said about it, as for an answer that was not begun. (A client that closes only its own side is noticed when
    // the second piece of its answer is sent.)
    const left = entry.access ? entry.access.aborted : UPLOAD.test(entry.text);
    if (!left) return;
    this.#gone++;
    this.#goneText = entry.access ? `${entry.access.method} ${entry.access.url}` : entry.text.slice(0, 300);
  }

  #sum(what: 'requests' | 'errors' | 'gone'): number {
    return this.#seconds.reduce((sum, one) => sum + one[what], 0);
  }

  #errors(at: number, state: InstanceState): Trigger[] {
    const [errors, all] = [this.#sum('errors'), this.#sum('requests')];
    // Nothing new in this second: the burst may be over.
    if (errors < ERRORS.least || errors < all * ERRORS.share || this.#seconds.at(-1)!.errors === 0) return [];
    const seen = state.exceptions.filter((one) => one.at > at - SPAN * 1000).toSorted((a, b) => b.count - a.count)[0];
    return [
      {
        ...this.#base(at, state),
        kind: 'server-errors',
        severity: 'error',
        title: `${errors} of ${all} requests failed within ${SPAN} s${seen ? `: ${seen.title}` : ''}`,
        reason: `${errors} answers of 5xx among ${all} within ${SPAN} s${seen ? `; most often ${seen.title}` : ''}`,
        where: seen ? tracebackPlace(seen.traceback, state.info) : null,
        subject: 'errors',
      },
    ];
  }

  #disconnects(at: number, state: InstanceState): Trigger[] {
    const [gone, all] = [this.#sum('gone'), this.#sum('requests')];
    if (gone < GONE.least || gone < all * GONE.share || this.#seconds.at(-1)!.gone === 0) return [];
    return [
      {
        ...this.#base(at, state),
        kind: 'disconnects',
        severity: 'warn',
        title: `${gone} clients left before their answer within ${SPAN} s, last: ${this.#goneText}`,
        reason: `${gone} of ${all} requests within ${SPAN} s ended without the client taking the answer`,
        where: null,
        subject: 'clients',
        stacks: 'all',
      },
    ];
  }

  #saturation(at: number, state: InstanceState): Trigger[] {
    const total = state.agents.reduce((sum, one) => sum + one.total, 0);
    const busy = state.agents.reduce((sum, one) => sum + one.busy, 0);
    if (total === 0 || busy < total || state.info?.interactive) {
      this.#fullSince = null;
      return [];
    }
    this.#fullSince ??= at;
    if (at - this.#fullSince < BUSY_FOR) return [];
    const queue = Math.max(0, ...state.agents.map((one) => one.queueMs ?? 0));
    const held = state.requests.length >= total && state.requests.every((one) => at - one.startedAt > HELD);
    if (!held && queue < QUEUED) return [];
    const words = held
      ? `the newest of their requests is ${age(at, state)} s old`
      : `requests have waited ${(queue / 1000).toFixed(1)} s for one`;
    return [
      {
        ...this.#base(at, state),
        kind: 'saturated',
        severity: 'error',
        title: `${total === 1 ? 'the only thread is busy' : `all ${total} threads are busy`}: ${words}`,
        reason: `${busy} of ${total} threads busy for ${((at - this.#fullSince) / 1000).toFixed(0)} s; ${words}`,
        where: null,
        subject: 'queue',
        stacks: 'all',
        // It lasts; it does not happen again.
        mark: 'full',
      },
    ];
  }

  #base(at: number, state: InstanceState): Pick<Trigger, 'at' | 'pid' | 'processGroup' | 'mark' | 'inFlight'> {
    return {at, pid: null, processGroup: groupOf(state.info), mark: `second ${at}`, inFlight: state.requests};
  }
}

const UPLOAD =
  /Request data read error when proxying data to daemon process|failed to write (?:response )?data|[Cc]lient (?:closed|connection closed)/;

function age(at: number, state: InstanceState): string {
  return ((at - Math.max(...state.requests.map((one) => one.startedAt))) / 1000).toFixed(1);
}

import type {DeckEvent} from '../../model/events.ts';
import {selectStopped} from '../../model/select-stopped.ts';
import type {InstanceState} from '../../model/state.ts';
import type {Consequences} from './consequences.ts';
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

/** Failed requests of one second that are looked at one by one, and those named by an incident. */
const FAILED = 1000;
const NAMED = 100;

interface Second {
  at: number;
  requests: number;
  errors: number;
  gone: number;
  failed: {id: string; request: string}[];
  /** Its errors were part of a sign. */
  told: boolean;
}

/** Signs of trouble in the figures: bursts of errors, of clients that go away, and all threads busy while requests queue. */
export class FigureWatch {
  readonly #consequences: Consequences;
  #seconds: Second[] = [];
  /** Requests that failed, since the last window. */
  #failed: Second['failed'] = [];
  /** Clients that went away, since the last window. */
  #gone = 0;
  #goneText = '';
  #fullSince: number | null = null;

  constructor(consequences: Consequences) {
    this.#consequences = consequences;
  }

  see(event: DeckEvent, state: InstanceState): Trigger[] {
    if (event.type === 'log') {
      this.#count(event);
      return [];
    }
    if (event.type !== 'traffic' || !['ready', 'degraded', 'reloading'].includes(state.lifecycle.phase)) return [];
    const {at, requests, errors5xx} = event.window;
    const second = {at, requests, errors: errors5xx, gone: this.#gone, failed: this.#failed, told: false};
    this.#seconds = [...this.#seconds, second].filter((one) => one.at > at - SPAN * 1000);
    this.#gone = 0;
    this.#failed = [];
    return [...this.#errors(at, state), ...this.#disconnects(at, state), ...this.#saturation(at, state)];
  }

  #count({entry}: Extract<DeckEvent, {type: 'log'}>): void {
    if (entry.access && entry.access.status >= 500 && entry.requestId !== undefined && this.#failed.length < FAILED)
      this.#failed.push({id: entry.requestId, request: `${entry.access.method} ${entry.access.url}`});
    // Measured: also where nothing is said about it, as for an answer that was not begun. (A client that closes only its own side is noticed when
    // the second piece of its answer is sent.)
    const left = entry.access ? entry.access.aborted : UPLOAD.test(entry.text);
    if (!left) return;
    this.#gone++;
    this.#goneText = entry.access ? `${entry.access.method} ${entry.access.url}` : entry.text.slice(0, 300);
  }

  #sum(what: 'requests' | 'gone'): number {
    return this.#seconds.reduce((sum, one) => sum + one[what], 0);
  }

  #errors(at: number, state: InstanceState): Trigger[] {
    // The newest second has to wait: what explains its failures is told of up to a second later.
    const settled = this.#seconds.slice(0, -1).map((second) => {
      const others = this.#consequences.unexplained(second.failed, at, state);
      return {second, others, errors: Math.max(0, second.errors - (second.failed.length - others.length))};
    });
    const errors = settled.reduce((sum, one) => sum + one.errors, 0);
    const all = settled.reduce((sum, one) => sum + one.second.requests, 0);
    // Nothing new: the burst may be over.
    if (errors < ERRORS.least || errors < all * ERRORS.share || !settled.some((one) => one.errors > 0 && !one.second.told)) return [];
    for (const {second} of settled) second.told = true;
    const failed = settled.flatMap((one) => one.others);
    const recent = state.exceptions.filter((one) => one.at > at - SPAN * 1000);
    const known = recent.map((one) => ({id: one.requestId ?? '', one}));
    const others = this.#consequences.unexplained(known, at, state).map(({one}) => one);
    const seen = others.toSorted((a, b) => b.count - a.count)[0];
    const most = seen?.title ?? mostOften(failed.map((one) => one.request));
    return [
      {
        ...this.#base(at, state),
        kind: 'server-errors',
        severity: 'error',
        title: `${errors} of ${all} requests failed within ${SPAN} s${most ? `: ${most}` : ''}`,
        reason: `${errors} answers of 5xx among ${all} within ${SPAN} s${most ? `; most often ${most}` : ''}`,
        where: seen ? tracebackPlace(seen.traceback, state.info) : null,
        subject: 'errors',
        requests: failed.slice(-NAMED).map((one) => one.id),
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
    // The threads of a stopped process stand still for another reason.
    if (total === 0 || busy < total || state.info?.interactive || selectStopped(state.processes) !== null) {
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

function mostOften(requests: readonly string[]): string | undefined {
  const groups = [...Map.groupBy(requests, (one) => one).values()].toSorted((a, b) => b.length - a.length);
  return groups[0]?.[0]?.slice(0, 300);
}

function age(at: number, state: InstanceState): string {
  return ((at - Math.max(...state.requests.map((one) => one.startedAt))) / 1000).toFixed(1);
}

import type {DeckEvent} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';
import type {InstanceState} from '../../model/state.ts';
import {AROUND, type Consequences, EITHER} from './consequences.ts';
import {groupOf, type Trigger} from './trigger.ts';

/** 6.x says which it was. */
const TOO_LONG = /WSGI0144: Response header line too long/;
const WAITING = 20;
/** Failed requests remembered, for the name of the one that is meant: the access log's line comes a moment after the error log's. */
const REMEMBERED = 200;

/** Answers that Apache refused because of their headers, told apart from those that a dying process never sent. */
export class HeaderWatch {
  readonly #consequences: Consequences;
  #waiting: LogEntry[] = [];
  /** By request id. */
  readonly #failed = new Map<string, string>();

  constructor(consequences: Consequences) {
    this.#consequences = consequences;
  }

  see(event: DeckEvent, state: InstanceState): Trigger[] {
    if (event.type === 'log') this.#log(event.entry);
    if (event.type !== 'traffic' || this.#waiting.length === 0) return [];
    const due = this.#waiting.filter((entry) => TOO_LONG.test(entry.text) || event.at - entry.at > AROUND);
    this.#waiting = this.#waiting.filter((entry) => !due.includes(entry));
    const died = (entry: LogEntry) => EITHER.test(entry.text) && this.#consequences.ofAnEnd(entry);
    return due.filter((entry) => !died(entry)).map((entry) => refused(entry, state, this.#failed.get(entry.requestId ?? '')));
  }

  #log(entry: LogEntry): void {
    if (entry.source === 'error' && this.#waiting.length < WAITING && (TOO_LONG.test(entry.text) || EITHER.test(entry.text)))
      this.#waiting.push(entry);
    if (entry.access === undefined || entry.access.status < 500 || entry.requestId === undefined) return;
    this.#failed.set(entry.requestId, `${entry.access.method} ${entry.access.url}`);
    if (this.#failed.size > REMEMBERED) this.#failed.delete(this.#failed.keys().next().value!);
  }
}

function refused(entry: LogEntry, state: InstanceState, request: string | undefined): Trigger {
  return {
    kind: 'server-errors',
    severity: 'error',
    at: entry.at,
    title: `response headers too long: ${request === undefined ? entry.text.slice(0, 300) : request.slice(0, 300)}`,
    reason: `${entry.text.slice(0, 2000)} No daemon process ended around then, so its answer's headers were longer than the buffer for them.`,
    pid: null,
    processGroup: groupOf(state.info),
    where: null,
    subject: 'headers',
    mark: `log ${entry.seq}`,
    ...(entry.requestId === undefined ? {} : {requests: [entry.requestId]}),
  };
}

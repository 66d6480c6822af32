import type {DeckEvent} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';
import type {InstanceState} from '../../model/state.ts';
import {groupOf, type Trigger} from './trigger.ts';

/** 6.x says which it was; 4.x has one line for headers that are too long and for a daemon that died before it sent any. */
const TOO_LONG = /WSGI0144: Response header line too long/;
const EITHER = /Truncated or oversized response headers received/;
/** Milliseconds that the end of a process is told of around the line that it causes: Apache looks once a second. */
const AROUND = 2500;
const WAITING = 20;

/** Answers that Apache refused because of their headers, told apart from those that a dying process never sent. */
export class HeaderWatch {
  #waiting: LogEntry[] = [];

  see(event: DeckEvent, state: InstanceState): Trigger[] {
    if (event.type === 'log' && event.entry.source === 'error') {
      if (TOO_LONG.test(event.entry.text)) return [refused(event.entry, state)];
      if (EITHER.test(event.entry.text) && this.#waiting.length < WAITING) this.#waiting.push(event.entry);
    }
    if (event.type !== 'traffic' || this.#waiting.length === 0) return [];
    const due = this.#waiting.filter((entry) => event.at - entry.at > AROUND);
    this.#waiting = this.#waiting.filter((entry) => !due.includes(entry));
    const died = (entry: LogEntry) => state.restarts.some((one) => Math.abs(one.at - entry.at) <= AROUND);
    return due.filter((entry) => !died(entry)).map((entry) => refused(entry, state));
  }
}

function refused(entry: LogEntry, state: InstanceState): Trigger {
  return {
    kind: 'server-errors',
    severity: 'error',
    at: entry.at,
    title: `response headers too long: ${entry.text.slice(0, 300)}`,
    reason: `${entry.text.slice(0, 2000)} No daemon process ended around then, so its answer's headers were longer than the buffer for them.`,
    pid: null,
    processGroup: groupOf(state.info),
    where: null,
    subject: 'headers',
    mark: `log ${entry.seq}`,
  };
}

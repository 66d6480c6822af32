import type {ActiveRequest} from '../../model/events.ts';
import type {Bus} from '../bus.ts';
import {fetchScoreboard, type Scoreboard, type StatusPlace} from './server-status.ts';
import type {ServerConfig} from './server-config.ts';

const TIMEOUT = 3000;

/** Requests that are served now and Apache's busy workers, from the status page of mod_status, for as long as somebody looks. */
export class StatusWatch {
  readonly #bus: Bus;
  readonly #place: StatusPlace | null;
  /** When each request in the scoreboard was first seen: Apache gives whole seconds only. */
  readonly #seen = new Map<string, number>();
  #pids = new Set<number>();
  #asking = false;
  #last: Scoreboard | null = null;
  #failed = false;

  constructor(bus: Bus, config: ServerConfig) {
    this.#bus = bus;
    this.#place = statusPlace(config);
  }

  /** Is there a status page in the configuration that can be asked from here. */
  get there(): boolean {
    return this.#place !== null;
  }

  get last(): Scoreboard | null {
    return this.#last;
  }

  /** Asks once, unless the last question is still open. Never rejects. */
  async look(): Promise<void> {
    if (this.#place === null || this.#asking) return;
    this.#asking = true;
    try {
      const board = await fetchScoreboard(this.#place, TIMEOUT);
      this.#last = board;
      this.#tell(board);
      if (this.#failed) this.#bus.put({type: 'notice', key: 'mod_status', severity: 'info', text: '', cleared: true});
      this.#failed = false;
    } catch (error) {
      this.forget();
      this.#failed = true;
      const text = `mod_status does not answer: ${(error as Error).message}; busy workers and requests are not shown`;
      this.#bus.put({type: 'notice', key: 'mod_status', severity: 'warn', text});
    } finally {
      this.#asking = false;
    }
  }

  /** What was known of requests is too old to be shown. */
  forget(): void {
    for (const pid of this.#pids) this.#bus.put({type: 'requests', pid, requests: [], busy: 0, total: 0, dropped: 0, from: 'scoreboard'});
    this.#pids.clear();
    this.#seen.clear();
  }

  #tell(board: Scoreboard): void {
    const now = Date.now();
    const byPid = new Map<number, ActiveRequest[]>([...this.#pids].map((pid) => [pid, []]));
    const keys = new Set<string>();
    for (const {pid, slot, method, url, seconds, client} of board.requests) {
      const began = now - seconds * 1000;
      const name = `${pid} ${slot} ${method} ${url}`;
      const before = this.#seen.get(name);
      // The same request as at the last look, unless its age says that another one has begun.
      const startedAt = before !== undefined && Math.abs(before - began) < 2500 ? before : began;
      this.#seen.set(name, startedAt);
      keys.add(name);
      const id = `${slot}@${startedAt}`;
      const list = byPid.get(pid) ?? [];
      list.push({id, pid, ident: '', method, url, startedAt, ...(client === null ? {} : {client})});
      byPid.set(pid, list);
    }
    for (const key of this.#seen.keys()) if (!keys.has(key)) this.#seen.delete(key);
    for (const [pid, requests] of byPid)
      this.#bus.put({type: 'requests', pid, requests, busy: requests.length, total: 0, dropped: 0, from: 'scoreboard'});
    this.#pids = new Set([...byPid].filter(([, requests]) => requests.length > 0).map(([pid]) => pid));
    const {busy, idle, accesses} = board;
    this.#bus.put({type: 'scoreboard', busy, idle, accesses});
  }
}

/** Where to ask from this machine: over plain HTTP, on the loopback interface where the server listens on all. */
function statusPlace(config: ServerConfig): StatusPlace | null {
  const listen = config.listens.find((one) => !one.https);
  if (config.status === null || listen === undefined) return null;
  const host = listen.host === null || listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host === '::' ? '::1' : listen.host;
  const named = config.status.host ?? config.serverName ?? 'localhost';
  const hostHeader = /^[\w.-]+(:\d+)?$/.test(named) && !named.startsWith('*') ? named : 'localhost';
  return {host, port: listen.port, path: config.status.path, hostHeader};
}

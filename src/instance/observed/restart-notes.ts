import type {RestartCause} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';
import {restartReason} from '../../sources/logs/restart-reason.ts';
import type {Bus} from '../bus.ts';

/** The log tells of an end within a second or two, if ever. In milliseconds. */
const TOLD_WITHIN = 3000;
/** A restart of Apache ends its daemons within this time. */
const RESTARTING = 20_000;
/** Ends that are older belong to no picture of now. */
const OLDEST = 12 * 3_600_000;
/** AH00493: graceful restart; AH00494: restart. */
const RESTARTS = new Set(['AH00493', 'AH00494']);

/** Why daemons of an observed server went: what the log says, else what we did ourselves, else what else happened then. */
export class RestartNotes {
  readonly #bus: Bus;
  readonly #since: number;
  readonly #hidden: boolean;
  readonly #asked = new Map<number, {cause: RestartCause; text: string}>();
  readonly #silent = new Set<NodeJS.Timeout>();
  #restartedAt = 0;

  /**
   * @param since start of Apache's parent, milliseconds since the epoch.
   * @param hidden the LogLevel keeps reasons out of the log.
   */
  constructor(bus: Bus, since: number, hidden: boolean) {
    this.#bus = bus;
    this.#since = since;
    this.#hidden = hidden;
  }

  stop(): void {
    for (const timer of this.#silent) clearTimeout(timer);
  }

  /** A signal of ours is about to end this process. */
  asked(pid: number, cause: RestartCause, text: string): void {
    this.#asked.set(pid, {cause, text});
  }

  /** @returns true when the entry says that Apache restarts. */
  entry(entry: LogEntry): boolean {
    if (entry.code !== undefined && RESTARTS.has(entry.code)) {
      this.#restartedAt = Math.max(this.#restartedAt, entry.at);
      return true;
    }
    const reason = restartReason(entry);
    if (!reason || entry.at < this.#since - 1000 || entry.at < Date.now() - OLDEST) return false;
    const {pid, cause, text, processGroup} = reason;
    if (this.#isDaemon(pid, processGroup !== undefined))
      this.#bus.put({type: 'restart', at: entry.at, pid, cause, text, processGroup: processGroup ?? this.#groupOf(pid), source: 'log'});
    return false;
  }

  /** A daemon process is there no more. */
  gone(pid: number, group: string): void {
    const timer = setTimeout(() => {
      this.#silent.delete(timer);
      const {restarts, lifecycle} = this.#bus.state();
      const asked = this.#asked.get(pid);
      this.#asked.delete(pid);
      if (restarts.some((one) => one.pid === pid) || lifecycle.phase === 'stopping' || lifecycle.phase === 'stopped') return;
      const put = (cause: RestartCause, text: string) =>
        this.#bus.put({type: 'restart', pid, cause, text, processGroup: group, source: 'exit'});
      if (asked) put(asked.cause, asked.text);
      else if (Date.now() - this.#restartedAt < RESTARTING) put('apache-restart', 'Apache itself was restarted');
      else put('unknown', this.#hidden ? 'gone; LogLevel hides why (it takes wsgi:info)' : 'gone; the log does not say why');
    }, TOLD_WITHIN);
    this.#silent.add(timer);
  }

  #groupOf(pid: number): string {
    return this.#bus.state().processes.find((one) => one.pid === pid)?.label ?? '';
  }

  /** Apache speaks of its own children in the same words; only daemons have restarts. */
  #isDaemon(pid: number, named: boolean): boolean {
    const {processes, restarts} = this.#bus.state();
    const row = processes.find((one) => one.pid === pid);
    if (row) return row.role === 'daemon' || row.role === 'service';
    return named || restarts.some((one) => one.pid === pid);
  }
}

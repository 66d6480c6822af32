import {kill} from 'node:process';
import type {ReloadRecord} from '../model/events.ts';
import type {Bus} from './bus.ts';
import {untilAnswered, type ProbeTarget} from './probe.ts';

export interface ReloadsOptions {
  bus: Bus;
  target: ProbeTarget;
  daemons: () => number[];
  alive: (pid: number) => boolean;
  shutdownTimeout: number;
  /** Seconds that requests in flight get to finish before the shutdown timeout begins; absent for none. */
  reloadGracefully?: number;
  begin: (detail: string) => void;
  /** Called with the status of the first answer of the new code. */
  end: (status: number) => void;
}

/** Names listed in a reload's record; the rest is only counted. */
const NAMES = 20;
/** Milliseconds between two looks at whether the old daemons have gone. */
const LOOK = 10;
/** Apache replaces a dead daemon on a tick of one second; allow for that and a slow machine, in milliseconds. */
const SLACK = 5000;

interface Work {
  files: string[];
  seenAt: number;
}

/**
 * Reloads, one at a time. A change that comes while one is under way waits for its end: the daemons that are starting may or may not have read the
 * file yet. A daemon is told to stop by SIGINT, as the original's reloader does: requests in flight get the shutdown timeout to finish, new ones
 * wait in the daemon's listen queue until Apache has put the next process in its place. Gracefully it is SIGUSR1, and they get the graceful timeout
 * too.
 */
export class Reloads {
  readonly #options: ReloadsOptions;
  #busy: AbortController | null = null;
  #waiting: Work | null = null;
  #count = 0;

  constructor(options: ReloadsOptions) {
    this.#options = options;
  }

  request(files: string[]): void {
    const seenAt = Date.now();
    if (this.#busy) this.#waiting = {files: [...(this.#waiting?.files ?? []), ...files], seenAt: this.#waiting?.seenAt ?? seenAt};
    else void this.#run({files, seenAt});
  }

  /** A restart of Apache as a whole: the same waiting, another way to tell the daemons. */
  apacheRestart(graceful: boolean, why: string, signal: () => void): void {
    this.#busy?.abort();
    void this.#cycle(graceful ? `graceful restart: ${why}` : `restart: ${why}`, signal, () => {});
  }

  cancel(): void {
    this.#waiting = null;
    this.#busy?.abort();
  }

  async #run(work: Work): Promise<void> {
    const by = work.files.length > 0 ? 'change' : 'hand';
    const names = [...new Set(work.files)];
    const record: ReloadRecord = {
      id: ++this.#count,
      names: names.slice(0, NAMES),
      files: names.length,
      seenAt: work.seenAt,
      answeredAt: null,
      status: 'running',
      ms: null,
      by,
      strategy: this.#options.reloadGracefully === undefined ? 'restart' : 'graceful',
    };
    const what = by === 'hand' ? 'asked for' : `${names[0]}${names.length > 1 ? ` and ${names.length - 1} more` : ''} changed`;
    this.#put(record);
    const old = this.#options.daemons();
    const tell = () => {
      for (const pid of old) this.#stop(pid, what);
    };
    const done = (status: number | null, left: number[]) => this.#put(finished(record, status, this.#failure(work.seenAt), left));
    await this.#cycle(`new code: ${what}`, tell, done, old);
    const next = this.#waiting;
    this.#waiting = null;
    if (next) void this.#run(next);
  }

  /** Tells the daemons to go, waits until none of the old ones is left and the server has answered. */
  async #cycle(
    detail: string,
    tell: () => void,
    done: (status: number | null, left: number[]) => void,
    old = this.#options.daemons(),
  ): Promise<void> {
    const busy = new AbortController();
    this.#busy = busy;
    this.#options.begin(detail);
    tell();
    const deadline = Date.now() + (this.#options.shutdownTimeout + (this.#options.reloadGracefully ?? 0)) * 1000 + SLACK;
    while (!busy.signal.aborted && Date.now() < deadline && old.some((pid) => this.#options.alive(pid))) await sleep(LOOK);
    const status = await untilAnswered(this.#options.target, busy.signal);
    if (this.#busy === busy) this.#busy = null;
    done(
      status,
      old.filter((pid) => this.#options.alive(pid)),
    );
    if (status !== null) this.#options.end(status);
  }

  #stop(pid: number, what: string): void {
    if (!this.#options.alive(pid)) return;
    const {bus} = this.#options;
    const processGroup = bus.state().info?.processGroup ?? '';
    const inFlight = bus.state().requests.filter((one) => one.pid === pid);
    bus.put({type: 'restart', pid, cause: 'reload', text: `reload: ${what}`, processGroup, inFlight, source: 'exit'});
    try {
      kill(pid, this.#options.reloadGracefully === undefined ? 'SIGINT' : 'SIGUSR1');
    } catch {
      // Gone in this very moment; that is what was wanted.
    }
  }

  #failure(since: number): string {
    const latest = this.#options.bus.state().exceptions.findLast((one) => one.at >= since);
    if (!latest) return '';
    return latest.file ? `${latest.title} (${latest.file}:${latest.line})` : latest.title;
  }

  #put(reload: ReloadRecord): void {
    this.#options.bus.put({type: 'reload', reload});
  }
}

/** @param left processes with the old code that have not ended. */
function finished(record: ReloadRecord, status: number | null, failure: string, left: readonly number[]): ReloadRecord {
  const answeredAt = Date.now();
  if (status === null) return {...record, status: 'failed', detail: 'the server was stopped or restarted meanwhile'};
  const ms = answeredAt - record.seenAt;
  if (status >= 500) return {...record, answeredAt, ms, status: 'failed', detail: `it answers ${status}${failure ? `: ${failure}` : ''}`};
  if (left.length > 0) {
    const who =
      left.length === 1 ? `daemon process ${left[0]} has not ended and has` : `daemon processes ${left.join(', ')} have not ended and have`;
    return {...record, answeredAt, ms, status: 'failed', detail: `${who} the old code`};
  }
  return {...record, answeredAt, ms, status: 'done'};
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

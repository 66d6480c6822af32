import {existsSync, statSync} from 'node:fs';
import {kindOf} from '../express/regular-file.ts';
import type {Bus} from './bus.ts';
import {missingSockets} from './daemon-sockets.ts';
import {roomIn} from './disk-room.ts';
import type {LogPlaces} from './log-places.ts';
import type {OwnPlaces} from './own-places.ts';
import {Told} from './told.ts';

/** Milliseconds between two looks. */
const EVERY = 2000;

/** The ground the server stands on: the server root, the disk it is on, our sockets and those of the daemon processes, and the logs. */
export class RootWatch {
  readonly #bus: Bus;
  readonly #told: Told;
  readonly #root: string;
  readonly #conf: string;
  readonly #logs: LogPlaces;
  readonly #own: OwnPlaces;
  /** Apache makes its sockets anew when it restarts: what is missing twice in a row has been deleted. */
  #missing = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /** @param conf the generated configuration, without which no process can be replaced. */
  constructor(bus: Bus, {root, conf, logs, own}: {root: string; conf: string; logs: LogPlaces; own: OwnPlaces}) {
    this.#bus = bus;
    this.#told = new Told(bus);
    this.#root = root;
    this.#conf = conf;
    this.#logs = logs;
    this.#own = own;
  }

  start(): void {
    this.#own.remember();
    this.#next(0);
  }

  /** Settles when a look that is under way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  #next(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#timer && this.#next(EVERY));
    }, ms);
  }

  async #look(): Promise<void> {
    const told = this.#told;
    const whole = existsSync(this.#conf);
    if (whole) told.takeBack('root');
    else
      told.tell(
        'root',
        'error',
        `the server root has been deleted: ${this.#root}`,
        'what runs may fail at any moment; start the server again',
      );
    const conf = confProblem(this.#conf);
    if (conf === null) told.takeBack('conf');
    else told.tell('conf', 'error', conf, 'put the file back, or start the server again');
    await this.#own.look(told);
    if (existsSync(this.#root)) {
      const {trouble, mended} = await roomIn(this.#root);
      if (trouble)
        told.tell(
          'disk',
          'error',
          `${trouble.what} for ${this.#root}`,
          `${trouble.remedy}: logs are lost, and new processes may not start`,
        );
      else if (mended) told.takeBack('disk');
    }
    // Of a server root that is gone nothing else is news.
    if (whole) await this.#logs.look(told);
    await this.#daemons(told);
  }

  async #daemons(told: Told): Promise<void> {
    const {phase, apachePid} = this.#bus.state().lifecycle;
    const missing = apachePid !== null && ['ready', 'degraded'].includes(phase) ? await missingSockets(apachePid) : [];
    this.#missing = missing.length === 0 ? 0 : this.#missing + 1;
    if (this.#missing >= 2) {
      const text = `the socket between Apache and the daemon processes has been deleted, and requests are answered 503: ${missing.join(', ')}`;
      told.tell('daemon-socket', 'error', text, 'restart Apache, which makes it anew: wsgideck restart, or R');
    } else if (this.#missing === 0) told.takeBack('daemon-socket');
  }
}

/** What is there instead of the configuration, which Apache could not read: of a named pipe it would wait for ever. Null for a file and for nothing. */
export function confProblem(conf: string): string | null {
  try {
    const info = statSync(conf, {throwIfNoEntry: false});
    return info === undefined || info.isFile() ? null : `Apache's configuration is ${kindOf(info)} by now: ${conf}; remove it`;
  } catch {
    return null;
  }
}

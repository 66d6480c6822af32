import {chmodSync, chownSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {readRegularOrThrow} from '../express/regular-file.ts';
import type {DeckEvent, Phase, ReloadRecord} from '../model/events.ts';
import type {Bus} from './bus.ts';

/**
 * Tells open pages when to load again, for --browser-reload. One small file says it, which Apache serves: `NAME.RELOADS STYLES`; pages ask for it
 * once a second. A page loads again when the first word changes, and only fetches its style sheets when the second does.
 */
export class LivePages {
  readonly #bus: Bus;
  readonly #file: string;
  readonly #name: string;
  readonly #unlisten: () => void;
  #pages = 0;
  #styles = 0;
  /** The last reload that has come to its end. */
  #ended = 0;
  /** Apache as a whole is being restarted, of which there is no other record. */
  #restarting = false;
  /** Processes with the code that is being replaced. */
  #old = new Set<number>();
  /** The server answers an error after that, and nobody has said yet that the new code has loaded. */
  #awaited = false;

  /** @param file as it was written before Apache was started. */
  constructor(bus: Bus, file: string) {
    this.#bus = bus;
    this.#file = file;
    this.#name = readRegularOrThrow(file, 1000).split('.')[0] ?? '';
    this.#unlisten = bus.listen((event) => this.#look(event));
  }

  /** Files that browsers ask for beside pages have changed. Style sheets alone are fetched again without the page. */
  assets(files: readonly string[]): void {
    if (files.every((file) => file.endsWith('.css'))) this.#styles++;
    else this.#pages++;
    this.#write();
  }

  close(): void {
    this.#unlisten();
  }

  #look(event: DeckEvent): void {
    if (event.type === 'reload') this.#reload(event.reload);
    else if (event.type === 'phase') this.#phase(event.phase);
    else if (event.type === 'agent' && this.#awaited) this.#renewIfLoaded();
  }

  #reload({id, status, strategy, answeredAt}: ReloadRecord): void {
    if (status === 'running') this.#begin();
    if (status === 'running' || id <= this.#ended) return;
    this.#ended = id;
    if (status === 'done') this.#renew();
    // By swap the old code serves on, and an error is none of the new one's. Otherwise it is what whoever writes the code wants to see.
    else if (strategy !== 'swap' && answeredAt !== null) this.#renewIfLoaded();
  }

  #phase(phase: Phase): void {
    if (phase === 'reloading' || phase === 'failed') {
      this.#restarting = this.#bus.state().reloads.at(-1)?.status !== 'running';
      if (this.#restarting) this.#begin();
    } else if (phase === 'ready' || phase === 'degraded') {
      if (this.#restarting && phase === 'ready') this.#renew();
      else if (this.#restarting) this.#renewIfLoaded();
      this.#restarting = false;
    }
  }

  #begin(): void {
    this.#awaited = false;
    this.#old = new Set(this.#bus.state().agents.map((one) => one.pid));
  }

  /**
   * What does not load has no pages, only Apache's own about an error, in which nothing would load it again when the code is mended. The agent tells
   * a moment after the first answer.
   */
  #renewIfLoaded(): void {
    const loaded = this.#bus
      .state()
      .agents.some(({pid, state, detail}) => !this.#old.has(pid) && state === 'connected' && !detail.startsWith('did not load'));
    if (loaded) this.#renew();
    else this.#awaited = true;
  }

  #renew(): void {
    this.#awaited = false;
    this.#pages++;
    this.#write();
  }

  /** By rename: nobody reads half of it. Owner and mode stay: those let Apache read it. */
  #write(): void {
    const next = `${this.#file}.next`;
    try {
      const {mode, uid, gid} = statSync(this.#file);
      rmSync(next, {force: true});
      writeFileSync(next, `${this.#name}.${this.#pages} ${this.#styles}\n`, {mode: 0o600, flag: 'wx'});
      chownSync(next, uid, gid);
      chmodSync(next, mode);
      renameSync(next, this.#file);
    } catch (error) {
      const text = `open pages are not told of new code: ${(error as Error).message}`;
      this.#bus.put({type: 'notice', key: 'live-pages', severity: 'warn', text, remedy: 'load them again by hand'});
    }
  }
}

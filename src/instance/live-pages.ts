import {chmodSync, chownSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import type {DeckEvent} from '../model/events.ts';
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
  /** The last reload that pages have been told of. */
  #told = 0;
  /** Apache as a whole is being restarted, of which there is no other record. */
  #restarting = false;

  /** @param file as it was written before Apache was started. */
  constructor(bus: Bus, file: string) {
    this.#bus = bus;
    this.#file = file;
    this.#name = readFileSync(file, 'utf8').split('.')[0] ?? '';
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
    if (event.type === 'reload') {
      if (event.reload.status === 'done' && event.reload.id > this.#told) {
        this.#told = event.reload.id;
        this.#renew();
      }
    } else if (event.type === 'phase') {
      if (event.phase === 'ready' && this.#restarting) this.#renew();
      this.#restarting = event.phase === 'reloading' && this.#bus.state().reloads.at(-1)?.status !== 'running';
    }
  }

  #renew(): void {
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

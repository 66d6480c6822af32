import {type ChildProcess, spawn} from 'node:child_process';
import {chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {request} from 'node:http';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import type {Column} from '../test/support/mod-wsgi.ts';
import {freePort} from '../test/support/ports.ts';
import {descendants, killAll} from '../test/support/processes.ts';
import {Tty} from '../test/support/tty.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** The demo shop under the real program, on a terminal, with the demo's load. */
export class Shop {
  readonly tty: Tty;
  readonly #folder = mkdtempSync(join(tmpdir(), 'wd-pictures-'));
  readonly #port: number;
  #load: ChildProcess | null = null;

  private constructor(column: Column, port: number, size: {cols: number; rows: number}) {
    this.#port = port;
    chmodSync(this.#folder, 0o755);
    // The folder's name is the instance's name on the screen.
    const app = join(this.#folder, 'shop');
    cpSync(join(ROOT, 'demo'), app, {recursive: true, filter: (path) => !path.includes('__pycache__')});
    const place = ['--port', String(port), '--server-root', join(this.#folder, 'root')];
    const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
    const settings = ['--processes', '2', '--threads', '5', '--request-timeout', '60', '--reload-on-changes'];
    const command = [join(ROOT, 'dist/wsgideck.cjs'), 'start-server', join(app, 'app.wsgi'), ...place, ...user, ...settings];
    this.tty = new Tty(process.execPath, command, {...size, cwd: app, env: column.env});
  }

  /** Starts it and waits for the screen to say ready. */
  static async open(column: Column, size: {cols: number; rows: number}): Promise<Shop> {
    const shop = new Shop(column, await freePort(), size);
    try {
      await shop.tty.waitFor(/ready/, 30_000);
    } catch (error) {
      await shop.close();
      throw error;
    }
    return shop;
  }

  startLoad(): void {
    this.#load = spawn(process.execPath, [join(ROOT, 'tools/demo-load.mjs'), `http://127.0.0.1:${this.#port}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  }

  /** Sends a visitor to a page and does not wait: some never come back. */
  visit(path: string): void {
    const sent = request(`http://127.0.0.1:${this.#port}${path}`, {agent: false}, (response) => response.resume().on('error', () => {}));
    // A visitor of a page that takes the process with it, or that is open at the end, is cut.
    sent.on('error', () => {});
    sent.end();
  }

  /** Saves a file of the shop as an editor would. */
  edit(file: string, change: (text: string) => string): void {
    const path = join(this.#folder, 'shop', file);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }

  /** Stops the server as a user would; whatever is left after that is killed. */
  async close(): Promise<void> {
    this.#load?.kill();
    const family = descendants(this.tty.pid);
    if (this.tty.exit === null) process.kill(this.tty.pid, 'SIGTERM');
    await this.tty.waitExit(15_000).catch(() => {});
    await killAll(family);
    this.tty.dispose();
    rmSync(this.#folder, {recursive: true, force: true, maxRetries: 3});
  }
}

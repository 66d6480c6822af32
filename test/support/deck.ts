import {randomUUID} from 'node:crypto';
import {join, resolve} from 'node:path';
import {afterAll} from 'vitest';
import type {DeckEvent} from '../../src/model/events.ts';
import {get, type GetOptions, type Reply} from './http.ts';
import type {Column} from './mod-wsgi.ts';
import {PlainRun, type Run, TtyRun} from './runs.ts';
import {allProcesses, killAll, type ProcessInfo, processInfo, withEnvironment} from './processes.ts';
import {freePort} from './ports.ts';
import {tempCopy, tempDir} from './temp.ts';
import type {Tty} from './tty.ts';
import {until} from './wait.ts';

export interface DeckOptions {
  /** Folder of the application under test/fixtures (or an absolute path); the server runs a copy of it. */
  app: string;
  /** The script in that folder; `app.wsgi` unless told. */
  script?: string;
  /** Another command than `start-server SCRIPT`, given in the copy's folder; the same options follow it. */
  command?: string[];
  column: Pick<Column, 'env'>;
  /** `tty` opens the dashboard on a terminal; `plain` and `json` have pipes. */
  mode?: 'tty' | 'plain' | 'json';
  /** Further options of start-server. */
  args?: string[];
  cols?: number;
  rows?: number;
  env?: Record<string, string | undefined>;
  /** Path asked for until the server answers; null does not wait for the server at all. */
  probe?: string | null;
}

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const FIXTURES = resolve(import.meta.dirname, '../fixtures');
const MARK = 'WSGIDECK_TEST_RUN';
const running = new Set<RunningDeck>();

afterAll(async () => {
  for (const deck of running) await deck.kill();
});

/**
 * Starts the built program, as a user would, with a copy of the application, a free port and a server root of its own.
 * As root the daemons run as www-data. What is not stopped by the test is killed after the test file.
 * @throws Error with the program's output when it ends, or does not answer within 60 s.
 */
export async function startDeck(options: DeckOptions): Promise<RunningDeck> {
  const deck = new RunningDeck(options, await freePort());
  running.add(deck);
  const {probe = '/'} = options;
  if (probe !== null) await deck.waitAnswer(probe);
  return deck;
}

export class RunningDeck {
  readonly port: number;
  readonly url: string;
  /** The copy of the application's folder: edit it at will. */
  readonly appDir: string;
  readonly serverRoot: string;
  readonly mode: 'tty' | 'plain' | 'json';
  readonly #run: Run;
  readonly #mark = randomUUID();
  readonly #events: DeckEvent[] = [];

  constructor(
    {app, script = 'app.wsgi', command: words, column, mode = 'plain', args = [], cols = 120, rows = 34, env = {}}: DeckOptions,
    port: number,
  ) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.mode = mode;
    this.appDir = tempCopy(resolve(FIXTURES, app));
    this.serverRoot = join(tempDir(), 'root');
    const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
    const place = ['--host', '127.0.0.1', '--port', String(port), '--server-root', this.serverRoot];
    // Behind `run --` everything is the original's.
    const form = mode === 'tty' || words?.[0] === 'run' ? [] : [`--${mode}`];
    const start = words ?? ['start-server', join(this.appDir, script)];
    const command = [BUNDLE, ...start, ...place, ...user, ...form, ...args];
    const environment = {...column.env, [MARK]: this.#mark, ...env};
    // The working directory is one that the daemons' user can enter; the clone may be in somebody's private folder.
    const cwd = this.appDir;
    this.#run = mode === 'tty' ? new TtyRun(command, cwd, environment, cols, rows) : new PlainRun(command, cwd, environment);
  }

  /** Process id of the supervisor. */
  get pid(): number {
    return this.#run.pid;
  }

  /** The terminal, of a deck in tty mode. */
  get tty(): Tty {
    if (this.#run instanceof TtyRun) return this.#run.tty;
    throw new Error(`this deck was started in ${this.mode} mode`);
  }

  /** All that was printed so far (standard output and error; the raw bytes in tty mode). */
  output(): string {
    return this.#run.output();
  }

  /** Of a deck on pipes: what it has printed on its standard output so far. */
  stdout(): string {
    return this.#run instanceof PlainRun ? this.#run.streams().out : '';
  }

  /** The same for its standard error. */
  stderr(): string {
    return this.#run instanceof PlainRun ? this.#run.streams().err : '';
  }

  /** Status and signal of the end, null while it runs. */
  exit(): {code: number | null; signal: string | null} | null {
    return this.#run.exit();
  }

  /** Of a deck in json mode: all events so far. @throws Error on a line that is not JSON. */
  events(): DeckEvent[] {
    if (!(this.#run instanceof PlainRun)) throw new Error('events are printed in json mode only');
    // Tests ask again and again, of output that grows: each line is read once.
    for (const line of this.#run.lines().slice(this.#events.length)) this.#events.push(JSON.parse(line) as DeckEvent);
    return [...this.#events];
  }

  /** Waits for an event of one type (and, if told, one that passes the test), past ones included. */
  async waitEvent<T extends DeckEvent['type']>(
    type: T,
    test: (event: Extract<DeckEvent, {type: T}>) => boolean = () => true,
    ms = 30_000,
  ): Promise<Extract<DeckEvent, {type: T}>> {
    const matches = (event: DeckEvent): event is Extract<DeckEvent, {type: T}> =>
      event.type === type && test(event as Extract<DeckEvent, {type: T}>);
    return until(`an event ${type}`, () => this.events().find(matches), ms).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\n${this.output().slice(-4000)}`, {cause: error});
    });
  }

  /** One request to the application; `path` starts with a slash and goes out as given. */
  get(path: string, options?: GetOptions): Promise<Reply> {
    return get(this.url + path, options);
  }

  /** Waits until the server answers at all. */
  async waitAnswer(path = '/', ms = 60_000): Promise<Reply> {
    const refused = until(
      `an answer from ${this.url}${path}`,
      async () => {
        if (this.exit() !== null) return {ended: true as const};
        return {ended: false as const, reply: await this.get(path, {timeout: 5000})};
      },
      ms,
    );
    const result = await refused.catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it printed:\n${this.output().slice(-4000)}`, {cause: error});
    });
    if (result.ended) throw new Error(`the server ended (${JSON.stringify(this.exit())}); it printed:\n${this.output().slice(-4000)}`);
    return result.reply;
  }

  signal(name: NodeJS.Signals): void {
    if (this.exit() === null) process.kill(this.pid, name);
  }

  /** Waits for the end. @throws Error with the output after `ms`. */
  async waitExit(ms = 30_000): Promise<{code: number | null; signal: string | null}> {
    return until('the end of wsgideck', () => this.exit(), ms).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it printed:\n${this.output().slice(-4000)}`, {cause: error});
    });
  }

  /** Everything of this deck that runs now: what inherited its environment, and what has its server root on the command line. */
  processes(): ProcessInfo[] {
    const found = new Map(withEnvironment(MARK, this.#mark).map((info) => [info.pid, info]));
    for (const info of allProcesses()) {
      if (info.state !== 'Z' && info.pid !== process.pid && info.command.includes(this.serverRoot)) found.set(info.pid, info);
    }
    return [...found.values()];
  }

  /** Stops with SIGTERM, and asserts that nothing of it is left running. Returns the exit. */
  async stop(): Promise<{code: number | null; signal: string | null}> {
    this.signal('SIGTERM');
    const exit = await this.waitExit();
    await this.waitGone();
    running.delete(this);
    this.#run.dispose();
    return exit;
  }

  /** Waits until nothing of this deck runs any more. @throws Error that names what is left, after killing it. */
  async waitGone(ms = 30_000): Promise<void> {
    try {
      await until('the last process to go', () => this.processes().length === 0, ms);
    } catch {
      const left = this.processes().filter(({pid}) => processInfo(pid) !== null);
      await this.kill();
      if (left.length > 0) throw new Error(`left running:\n${left.map(({pid, command}) => `  ${pid} ${command}`).join('\n')}`);
    }
  }

  /** Kills everything of it at once: for the end of a test, whatever happened. */
  async kill(): Promise<void> {
    running.delete(this);
    // Twice: what a guard starts while the first round goes on is in the second.
    await killAll(this.processes());
    await killAll(this.processes());
    this.#run.dispose();
  }
}

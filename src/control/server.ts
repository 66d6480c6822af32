import {chmodSync, chownSync, lstatSync, rmSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import * as v from 'valibot';
import type {Command, CommandResult, Query, QueryResults} from '../model/commands.ts';
import type {DeckEvent} from '../model/events.ts';
import type {InstanceState} from '../model/state.ts';
import {jsonLines} from './lines.ts';
import {refusedCommand, refusedQuery, shownTo, type Standing} from './standing.ts';
import {CONTROL_VERSION, clientMessage, type ClientMessage, type ServerMessage} from './protocol.ts';

/** What the control socket serves: a supervisor, or a recording being played. */
export interface Engine {
  state(): InstanceState;
  /** Every event, in order; returns the function that ends it. */
  listen(listener: (event: DeckEvent) => void): () => void;
  command(command: Command): Promise<CommandResult>;
  query(query: Query): Promise<QueryResults[keyof QueryResults]>;
  /** The shortest sample interval that a connected client wants, in milliseconds; 0 when none does. */
  setCadence(ms: number): void;
}

/** Bytes waiting for a slow client before it is skipped; it gets a new snapshot when it reads again. */
const BEHIND = 1024 * 1024;
/** Log heads are sent at most this often, in milliseconds. */
const HEAD_EVERY = 200;

interface Client {
  socket: Socket;
  greeted: boolean;
  bulk: boolean;
  /** Came through the socket of the view group. */
  viewer: boolean;
  readOnly: boolean;
  behind: boolean;
  cadence: number;
  headDue: boolean;
}

/** The socket for those who may only look, and the group that may open it. */
export interface ViewSocket {
  path: string;
  gid: number;
}

/**
 * The control socket: several clients at once, none of which can hold up the engine. A client that stops reading is skipped, not
 * waited for, and gets a fresh snapshot when it reads on.
 */
export class ControlServer {
  readonly #engine: Engine;
  readonly #path: string;
  readonly #view: ViewSocket | null;
  readonly #clients = new Set<Client>();
  #servers = new Map<string, {server: Server; ino: number}>();
  #unlisten: (() => void) | undefined;
  #headTimer: NodeJS.Timeout | undefined;

  constructor(engine: Engine, path: string, view: ViewSocket | null = null) {
    this.#engine = engine;
    this.#path = path;
    this.#view = view;
  }

  /** Binds the socket with mode 0600 (and the one for the view group with 0660). Rejects when the path is too long or not writable. */
  async start(): Promise<void> {
    this.#unlisten = this.#engine.listen((event) => this.#publish(event));
    for (const path of this.#paths()) await this.#open(path);
  }

  /**
   * Makes sockets anew whose files have been deleted (or replaced), or that could not be made at the start; who is connected stays so.
   * True when there was one. Rejects with the system's error.
   */
  async renew(): Promise<boolean> {
    const lost = this.#paths().filter((path) => {
      const bound = this.#servers.get(path);
      return bound === undefined || bound.ino !== inodeOf(path);
    });
    for (const path of lost) {
      // Node deletes the file of that name as it closes: first this, then the new one.
      this.#servers.get(path)?.server.close();
      this.#servers.delete(path);
      await this.#open(path);
    }
    return lost.length > 0;
  }

  #paths(): string[] {
    return this.#view ? [this.#path, this.#view.path] : [this.#path];
  }

  async #open(path: string): Promise<void> {
    const view = path === this.#view?.path ? this.#view : null;
    const server = await this.#bind(path, view !== null);
    try {
      if (view) chownSync(path, process.geteuid?.() ?? -1, view.gid);
      chmodSync(path, view ? 0o660 : 0o600);
    } catch (error) {
      server.close();
      throw error;
    }
    this.#servers.set(path, {server, ino: inodeOf(path) ?? -1});
  }

  async #bind(path: string, viewer: boolean): Promise<Server> {
    // Left behind by a supervisor that was killed: the lock of the server root has told that nobody serves it.
    rmSync(path, {force: true});
    const server = createServer((socket) => this.#accept(socket, viewer));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // The mask keeps the socket private from its first moment; chmod alone would leave a gap.
      const mask = process.umask(0o177);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
      process.umask(mask);
    });
    server.on('error', () => {});
    return server;
  }

  /** Number of clients that have said hello. */
  get clients(): number {
    return [...this.#clients].filter((one) => one.greeted).length;
  }

  /** Sends what is under way, then closes every connection and removes the socket. */
  async close(): Promise<void> {
    this.#unlisten?.();
    clearTimeout(this.#headTimer);
    const servers = [...this.#servers.values()];
    const paths = [...this.#servers.keys()];
    this.#servers.clear();
    this.#flushHeads();
    const closed = Promise.all(servers.map(({server}) => new Promise<void>((resolve) => server.close(() => resolve()))));
    for (const client of this.#clients) {
      client.socket.end();
      setTimeout(() => client.socket.destroy(), 300).unref();
    }
    await closed;
    for (const path of paths) rmSync(path, {force: true});
  }

  /** Sends everybody the whole state: it is not what the events that were sent add up to (a recording was moved to another moment). */
  resync(): void {
    for (const client of this.#clients) {
      if (client.greeted && !client.behind) this.#write(client, {type: 'snapshot', state: this.#engine.state()});
    }
  }

  #accept(socket: Socket, viewer: boolean): void {
    const client: Client = {socket, viewer, greeted: false, bulk: false, readOnly: false, behind: false, cadence: 0, headDue: false};
    this.#clients.add(client);
    const feed = jsonLines(
      (value) => this.#message(client, value),
      (reason) => this.#refuse(client, null, `not understood: ${reason}`, true),
    );
    socket.on('data', feed);
    socket.on('error', () => {});
    socket.on('drain', () => this.#caughtUp(client));
    socket.on('close', () => {
      this.#clients.delete(client);
      this.#cadence();
    });
  }

  #message(client: Client, value: unknown): void {
    const parsed = v.safeParse(clientMessage, value);
    if (!parsed.success) {
      const id = typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number' ? value.id : null;
      return this.#refuse(client, id, `not understood: ${parsed.issues[0]?.message ?? 'unknown message'}`, !client.greeted);
    }
    const message = parsed.output;
    if (message.type === 'hello') return this.#hello(client, message);
    if (!client.greeted) return this.#refuse(client, message.id, 'say hello first', true);
    if (message.type === 'command') void this.#command(client, message.id, message.command);
    else void this.#query(client, message.id, message.query);
  }

  #hello(client: Client, message: Extract<ClientMessage, {type: 'hello'}>): void {
    if (message.v !== CONTROL_VERSION) {
      const text = `this supervisor speaks version ${CONTROL_VERSION} of the control protocol, the client version ${message.v}; use the same wsgideck for both`;
      return this.#refuse(client, null, text, true);
    }
    client.greeted = true;
    client.bulk = message.bulk;
    client.readOnly = message.readOnly ?? false;
    const readOnly = this.#standing(client) !== 'full';
    this.#write(client, {type: 'hello', v: CONTROL_VERSION, instance: this.#engine.state().name, pid: process.pid, readOnly});
    this.#write(client, {type: 'snapshot', state: this.#engine.state()});
  }

  #standing(client: Client): Standing {
    if (client.viewer) return 'viewer';
    return client.readOnly || this.#engine.state().info?.readOnly ? 'read-only' : 'full';
  }

  async #command(client: Client, id: number, command: Command): Promise<void> {
    if (command.type === 'cadence') {
      client.cadence = command.ms;
      this.#cadence();
      return this.#write(client, {type: 'result', id, result: {ok: true, text: ''}});
    }
    const refused = refusedCommand(this.#standing(client), command, this.#engine.state().info?.readOnly ? process.pid : null);
    if (refused !== null) return this.#write(client, {type: 'result', id, result: {ok: false, text: refused}});
    try {
      this.#write(client, {type: 'result', id, result: await this.#engine.command(command)});
    } catch (error) {
      this.#write(client, {type: 'result', id, result: {ok: false, text: reasonOf(error)}});
    }
  }

  async #query(client: Client, id: number, query: Query): Promise<void> {
    const refused = refusedQuery(this.#standing(client), query);
    if (refused !== null) return this.#write(client, {type: 'error', id, text: refused});
    try {
      this.#write(client, {type: 'result', id, result: shownTo(this.#standing(client), query, await this.#engine.query(query))});
    } catch (error) {
      this.#write(client, {type: 'error', id, text: reasonOf(error)});
    }
  }

  #cadence(): void {
    const wanted = [...this.#clients].map((one) => one.cadence).filter((ms) => ms > 0);
    this.#engine.setCadence(wanted.length > 0 ? Math.min(...wanted) : 0);
  }

  #publish(event: DeckEvent): void {
    let line: string | undefined;
    for (const client of this.#clients) {
      if (!client.greeted || client.behind) continue;
      if (event.type === 'log' && !client.bulk) {
        client.headDue = true;
        this.#headTimer ??= setTimeout(() => this.#flushHeads(), HEAD_EVERY);
        continue;
      }
      line ??= `${JSON.stringify({type: 'event', event} satisfies ServerMessage)}\n`;
      this.#push(client, line);
    }
  }

  #flushHeads(): void {
    clearTimeout(this.#headTimer);
    this.#headTimer = undefined;
    const state = this.#engine.state();
    const event: DeckEvent = {type: 'log-head', at: state.at, instance: state.name, head: state.log};
    for (const client of this.#clients) {
      if (!client.headDue || client.behind) continue;
      client.headDue = false;
      this.#write(client, {type: 'event', event});
    }
  }

  #write(client: Client, message: ServerMessage): void {
    this.#push(client, `${JSON.stringify(message)}\n`);
  }

  #push(client: Client, line: string): void {
    if (client.socket.destroyed || client.socket.writableEnded) return;
    client.socket.write(line);
    if (client.socket.writableLength > BEHIND) client.behind = true;
  }

  #caughtUp(client: Client): void {
    if (!client.behind) return;
    client.behind = false;
    this.#write(client, {type: 'snapshot', state: this.#engine.state()});
  }

  #refuse(client: Client, id: number | null, text: string, end: boolean): void {
    this.#write(client, {type: 'error', id, text});
    if (end) client.socket.end();
  }
}

function inodeOf(path: string): number | null {
  try {
    return lstatSync(path, {throwIfNoEntry: false})?.ino ?? null;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import {realpathSync} from 'node:fs';
import {createConnection, type Socket} from 'node:net';
import {dirname, join} from 'node:path';
import * as v from 'valibot';
import {stoppedOwner, stoppedText} from '../express/server-root/stopped-owner.ts';
import type {Command, CommandResult, Query, QueryResults} from '../model/commands.ts';
import type {Deck} from '../model/deck.ts';
import type {DeckEvent} from '../model/events.ts';
import {apply, initialState} from '../model/reduce.ts';
import type {InstanceState} from '../model/state.ts';
import {jsonLines} from './lines.ts';
import {CONTROL_VERSION, serverMessage, type ServerMessage} from './protocol.ts';

/** Milliseconds until the first snapshot has to be there. */
const PATIENCE = 5000;

interface Waiting {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
  command: boolean;
}

export interface ConnectOptions {
  /** Told to the supervisor, for its log. */
  client: string;
  readOnly?: boolean;
  /** Get each log entry as an event (for `--json` and recordings); `onEvent` sees them. */
  bulk?: boolean;
  /** Milliseconds until the first state has to be there; five seconds unless told. */
  patience?: number;
  onEvent?: (event: DeckEvent) => void;
}

/**
 * Connects to a supervisor's control socket.
 * @returns once the first snapshot is there.
 * @throws Error in one line: nobody listens there, the supervisor is stopped, not permitted, another version.
 */
export async function connectDeck(path: string, options: ConnectOptions): Promise<Deck & {end(): void}> {
  // It would take the connection and not answer.
  const stopped = stoppedOwner(join(dirname(targetOf(path)), 'lock'));
  if (stopped !== null) throw new Error(stoppedText(stopped));
  const socket = createConnection(path);
  const deck = new SocketDeck(socket, options);
  await deck.ready;
  return deck;
}

/** The control socket of `run` is a link in the server root; the lock is beside the socket itself. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

class SocketDeck implements Deck {
  readonly ready: Promise<void>;
  readonly #socket: Socket;
  readonly #options: ConnectOptions;
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Map<number, Waiting>();
  #state: InstanceState = initialState('');
  #closed: string | null = null;
  #readOnly: boolean;
  #next = 1;
  #told = false;
  #heard = 0;
  #peer: number | undefined;

  constructor(socket: Socket, options: ConnectOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#readOnly = options.readOnly ?? false;
    this.ready = new Promise<void>((resolve, reject) => {
      const feed = jsonLines(
        (value) => this.#message(value, resolve),
        (reason) => this.#end(`the supervisor sent ${reason}`),
      );
      // A stopped supervisor's socket still takes connections.
      socket.setTimeout(options.patience ?? PATIENCE, () => this.#end('the supervisor does not answer; is it stopped (SIGSTOP, ctrl-z)?'));
      socket.on('connect', () => {
        const {client, readOnly = false, bulk = false} = options;
        socket.write(`${JSON.stringify({type: 'hello', v: CONTROL_VERSION, client, bulk, readOnly})}\n`);
      });
      socket.on('data', feed);
      socket.on('error', (error: NodeJS.ErrnoException) => this.#end(connectError(error)));
      socket.on('close', () => {
        this.#end('the supervisor has gone');
        reject(new Error(this.#closed ?? ''));
      });
    });
  }

  state(): InstanceState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get readOnly(): boolean {
    return this.#readOnly;
  }

  heard(): number {
    return this.#heard;
  }

  peer(): number | undefined {
    return this.#peer;
  }

  closed(): string | null {
    return this.#closed;
  }

  send(command: Command): Promise<CommandResult> {
    return this.#request<CommandResult>({type: 'command', command}, true).catch((error: Error) => ({ok: false, text: error.message}));
  }

  ask<Q extends Query>(query: Q): Promise<QueryResults[Q['type']]> {
    return this.#request({type: 'query', query}, false);
  }

  end(): void {
    this.#socket.end();
  }

  #request<T>(body: object, command: boolean): Promise<T> {
    if (this.#closed !== null) return Promise.reject(new Error(this.#closed));
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, {resolve, reject, command});
      this.#socket.write(`${JSON.stringify({...body, id})}\n`);
    });
  }

  #message(value: unknown, ready: () => void): void {
    const parsed = v.safeParse(serverMessage, value);
    if (!parsed.success) return this.#end('the supervisor sent something this version does not understand');
    const message = parsed.output as unknown as ServerMessage;
    this.#heard++;
    if (message.type === 'hello') {
      this.#readOnly ||= message.readOnly ?? false;
      this.#peer = message.pid;
    } else if (message.type === 'snapshot') {
      this.#socket.setTimeout(0);
      this.#change(message.state);
      ready();
    } else if (message.type === 'event') {
      this.#change(apply(this.#state, message.event));
      this.#options.onEvent?.(message.event);
    } else if (message.type === 'result') {
      this.#take(message.id)?.resolve(message.result as never);
    } else if (message.type === 'error') {
      if (message.id === null) this.#end(message.text);
      else this.#take(message.id)?.reject(new Error(message.text));
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #change(state: InstanceState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    if (this.#told) return;
    this.#told = true;
    setImmediate(() => {
      this.#told = false;
      for (const listener of this.#listeners) listener();
    });
  }

  #end(reason: string): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#socket.destroy();
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(reason));
    this.#waiting.clear();
    this.#tell();
  }
}

function connectError(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return 'no supervisor listens there (not running, or it has just ended)';
  if (error.code === 'EACCES') return 'not permitted: the server belongs to another user; use the same user, or sudo';
  return `cannot connect: ${error.message}`;
}

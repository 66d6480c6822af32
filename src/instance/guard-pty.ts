import {closeSync, existsSync, write as writeTo} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {ReadStream} from 'node:tty';

/** The compiled part of node-pty: what its own JavaScript calls. */
interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helper: string,
    onExit: (code: number, signal: number) => void,
  ): {fd: number; pid: number; pty: string};
  resize(fd: number, cols: number, rows: number, pixelWidth: number, pixelHeight: number): void;
}

export interface PtyLaunch {
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** TERM of the program. */
  terminal: string;
  cols: number;
  rows: number;
  /** Milliseconds from the launch until its output is read; the kernel keeps 4 KiB of it until then. */
  quietMs?: number;
}

/** Where node-pty looks: what was built on this machine, then what it brings. */
const FOLDERS = ['build/Release', `prebuilds/${process.platform}-${process.arch}`];
/** Milliseconds from the end of the program until its output counts as complete: somebody else may hold the other end open. */
const DRAIN = 200;
/** Milliseconds until the kernel is asked again whether it has room for input. */
const FULL = 10;

function findNative(require: NodeJS.Require): {native: NativePty; helper: string} {
  // Not by asking require for each: an answer of no costs it half a millisecond.
  const place = dirname(require.resolve('node-pty/package.json'));
  const folder = FOLDERS.map((name) => join(place, name)).find((path) => existsSync(join(path, 'pty.node')));
  if (folder === undefined)
    throw new Error(
      `node-pty has no compiled part for ${process.platform}-${process.arch}; install wsgideck again, or build it: npm rebuild node-pty`,
    );
  return {native: require(join(folder, 'pty.node')) as NativePty, helper: join(folder, 'spawn-helper')};
}

/**
 * A program on a pty of its own. node-pty's compiled part makes it; the streams around it are ours, because node-pty's need Node's sockets, and loading
 * these before the launch costs 4 ms of each start: here they are loaded while Apache starts.
 */
export class GuardPty {
  readonly pid: number;
  readonly #fd: number;
  readonly #native: NativePty;
  readonly #onData: (chunk: Buffer) => void;
  readonly #onExit: (code: number, signal: number) => void;
  #socket: ReadStream | null = null;
  #closed = false;
  #hungUp = false;
  #end: {code: number; signal: number} | null = null;
  #input: Buffer[] = [];

  /** @throws Error when node-pty has no compiled part for this system, or the system no pty left. */
  constructor(
    {file, args, env, cwd, terminal, cols, rows, quietMs}: PtyLaunch,
    onData: (chunk: Buffer) => void,
    onExit: (code: number, signal: number) => void,
  ) {
    const {native, helper} = findNative(createRequire(join(import.meta.dirname, 'guard-pty.js')));
    this.#native = native;
    this.#onData = onData;
    this.#onExit = onExit;
    const variables = Object.entries({...env, PWD: cwd, TERM: terminal}).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    const ended = (code: number, signal: number) => this.#ended(code, signal);
    const {fd, pid} = native.fork(file, args, variables, cwd, cols, rows, -1, -1, false, helper, ended);
    this.#fd = fd;
    this.pid = pid;
    if (quietMs === undefined) setImmediate(() => this.#listen());
    else setTimeout(() => this.#listen(), quietMs);
  }

  /** Types into the pty; does nothing once it is closed. */
  write(data: string): void {
    if (this.#closed || data === '') return;
    this.#input.push(Buffer.from(data));
    if (this.#input.length === 1) this.#type(0);
  }

  /** Hangs up: nothing is read or written any more, and what the program has of the terminal is dead. */
  hangUp(): void {
    this.#hungUp = true;
    this.#socket?.destroy();
  }

  /** @throws Error when the pty has just been closed. */
  resize(cols: number, rows: number): void {
    if (!this.#closed) this.#native.resize(this.#fd, cols, rows, 0, 0);
  }

  #listen(): void {
    try {
      this.#socket = new (process.getBuiltinModule('node:tty').ReadStream)(this.#fd);
    } catch {
      closeSync(this.#fd);
      return this.#close();
    }
    this.#socket.on('data', this.#onData);
    // The end of a pty is an error of reading (EIO on Linux); EAGAIN is none.
    this.#socket.on('error', (error: NodeJS.ErrnoException) => error.code !== 'EAGAIN' && this.#socket?.destroy());
    this.#socket.on('close', () => this.#close());
    if (this.#hungUp) this.#socket.destroy();
  }

  /** Nothing is read or written any more. The program's end is told when both have happened: its last words come first. */
  #close(): void {
    this.#closed = true;
    this.#input = [];
    if (this.#end !== null) this.#onExit(this.#end.code, this.#end.signal);
  }

  #ended(code: number, signal: number): void {
    this.#end = {code, signal};
    if (this.#closed) this.#onExit(code, signal);
    else setTimeout(() => this.#socket?.destroy(), DRAIN);
  }

  #type(offset: number): void {
    const [first] = this.#input;
    if (first === undefined) return;
    writeTo(this.#fd, first, offset, (error, written) => {
      if (this.#closed) return;
      if (error?.code === 'EAGAIN') return void setTimeout(() => this.#type(offset), FULL);
      if (error !== null) return void (this.#input = []);
      if (offset + written < first.length) return this.#type(offset + written);
      this.#input.shift();
      this.#type(0);
    });
  }
}

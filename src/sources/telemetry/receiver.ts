import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {existsSync} from 'node:fs';
import type {Readable, Writable} from 'node:stream';
import {datagramFrames, KIND, readDatagram, type Datagram} from './datagram.ts';

export interface ReceiverOptions {
  /** The helper `wsgideck-telemetry`. */
  program: string;
  /** Where it listens; made anew. */
  socketPath: string;
  /** Who the daemon processes run as, when that is not ourselves. */
  runUser: {uid: number; gid: number} | null;
  take: (datagram: Datagram) => void;
  /** So many datagrams were lost. */
  lost: (count: number) => void;
  /** The helper has ended by itself: why, in one line. */
  failed: (reason: string) => void;
}

/** Receives telemetry datagrams through the helper; what is no such datagram is left out. */
export class TelemetryReceiver {
  readonly #options: ReceiverOptions;
  readonly #sequences = new Map<number, number>();
  /** The helper has had its socket. */
  #bound = false;
  #child: ChildProcessByStdio<Writable, Readable, Readable> | null = null;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  start(): void {
    const {program, socketPath, runUser, failed} = this.#options;
    const child = spawn(program, [socketPath, ...(runUser ? [String(runUser.uid), String(runUser.gid)] : [])], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    child.stdout.on(
      'data',
      datagramFrames((data) => this.#datagram(data)),
    );
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-500)));
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.#ended(child, error.message, failed));
    child.on('exit', (code, signal) => this.#ended(child, said.trim() || `ended with ${signal ?? code}`, failed));
  }

  /** Starts the helper anew when the file of its socket has been deleted; mod_wsgi reports to the new one. True when it had to. */
  async renew(): Promise<boolean> {
    if (this.#child === null) return false;
    const there = existsSync(this.#options.socketPath);
    const lost = !there && this.#bound;
    this.#bound = there;
    if (!lost) return false;
    await this.close();
    this.start();
    return true;
  }

  /** Resolves when the helper is gone and has taken its socket with it. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.stdin.end();
    });
  }

  #ended(child: object, reason: string, failed: (reason: string) => void): void {
    if (this.#child !== child) return;
    this.#child = null;
    failed(reason);
  }

  #datagram(data: Buffer): void {
    const datagram = readDatagram(data);
    if (datagram === null) return;
    const {pid, sequence} = datagram;
    const before = this.#sequences.get(pid);
    this.#sequences.set(pid, sequence);
    if (before !== undefined && sequence > before + 1) this.#options.lost(sequence - before - 1);
    if (datagram.kind === KIND.processStopped) this.#sequences.delete(pid);
    this.#options.take(datagram);
  }
}

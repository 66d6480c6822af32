import {spawn, spawnSync, type ChildProcess, type StdioOptions} from 'node:child_process';
import {closeSync, writeSync} from 'node:fs';
import type {Readable} from 'node:stream';
import {RESTORE} from '../terminal/restore.ts';
import {openWithoutBlocking} from '../terminal/without-blocking.ts';

export interface DashboardEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it had no connection, in one line, of a dashboard that tells its parent; otherwise empty, the dashboard has said it. */
  reason: string;
}

/** The descriptor on which a dashboard tells its parent. */
const REASON = 3;

/**
 * Node's own options for a dashboard. V8 would let the space for new objects grow to 128 MiB; with a smaller one than this it collects so often
 * that it costs a third more CPU, and no less memory (measured at 200x60 with 2,000 log lines a second).
 */
const NODE_OPTIONS = ['--max-semi-space-size=8'];

/** Milliseconds for stty, which waits until the terminal has taken what was written. */
const STUCK = 1000;

/** Arguments for `process.execPath` that run the dashboard's bundle. */
export function dashboardArguments(program: string, args: readonly string[]): string[] {
  return [...NODE_OPTIONS, program, ...args];
}

/**
 * The dashboard as a child on our terminal. It may stall or die: the server does not notice, and the terminal is put back the way it was.
 */
export class DashboardChild {
  readonly #child: ChildProcess;
  #modes: string | null = null;
  #ended = false;
  readonly ended: Promise<DashboardEnd>;

  /**
   * @param program path of the dashboard's bundle; @param args its arguments (socket path and so on).
   * @param tellsReason that it could not connect is in `ended`, not on the terminal.
   */
  constructor(program: string, args: string[], tellsReason = false) {
    // Beside the dashboard's start, which takes thirty times as long to get to the modes: waiting for it would delay the first frame.
    readModes((modes) => {
      this.#modes = modes;
    });
    const words = tellsReason ? [...args, '--reason', String(REASON)] : args;
    const stdio: StdioOptions = tellsReason ? ['inherit', 'inherit', 'inherit', 'pipe'] : 'inherit';
    this.#child = spawn(process.execPath, dashboardArguments(program, words), {stdio});
    let reason = '';
    (this.#child.stdio[REASON] as Readable | undefined)?.setEncoding('utf8').on('data', (text: string) => (reason += text));
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        if (this.#ended) return;
        this.#ended = true;
        if (signal !== null || code !== 0) this.restore();
      };
      this.#child.on('exit', end);
      // What it has told may be read after its exit only.
      this.#child.on('close', (code, signal) => resolve({code, signal, reason}));
      this.#child.on('error', () => {
        end(127, null);
        resolve({code: 127, signal: null, reason});
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits for the dashboard to leave by itself (it does when the supervisor closes the socket), then insists. */
  async leave(waitMs: number): Promise<void> {
    if (this.#ended) return;
    // A stopped process (Ctrl-Z, SIGSTOP) cannot leave by itself.
    this.#child.kill('SIGCONT');
    const late = setTimeout(() => this.#child.kill('SIGTERM'), waitMs);
    const later = setTimeout(() => this.#child.kill('SIGKILL'), waitMs + 500);
    await this.ended;
    clearTimeout(late);
    clearTimeout(later);
  }

  /** Leaves the alternate screen, shows the cursor, gives back the line discipline. */
  restore(): void {
    const {fd, own} = openWithoutBlocking(1);
    try {
      writeSync(fd, RESTORE);
    } catch {
      // The terminal is gone, or takes nothing (ctrl-s): the end is not to wait for it.
    }
    if (own) closeSync(fd);
    if (this.#modes !== null)
      spawnSync('stty', [this.#modes], {stdio: ['inherit', 'ignore', 'ignore'], timeout: STUCK, killSignal: 'SIGKILL'});
  }
}

/** The terminal's modes in the form `stty` takes back; never told when there is none. */
function readModes(then: (modes: string) => void): void {
  const child = spawn('stty', ['-g'], {stdio: ['inherit', 'pipe', 'ignore']});
  let text = '';
  child.stdout.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  child.on('error', () => {});
  child.on('close', (code) => {
    if (code === 0) then(text.trim());
  });
}

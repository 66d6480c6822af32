import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {writeSync} from 'node:fs';
import {RESTORE} from '../terminal/restore.ts';

export interface DashboardEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * The dashboard as a child on our terminal. It may stall or die: the server does not notice, and the terminal is put back the way it was.
 */
export class DashboardChild {
  readonly #child: ChildProcess;
  readonly #modes: string | null;
  #ended = false;
  readonly ended: Promise<DashboardEnd>;

  /** @param program path of the dashboard's bundle; @param args its arguments (socket path and so on). */
  constructor(program: string, args: string[]) {
    this.#modes = terminalModes();
    this.#child = spawn(process.execPath, [program, ...args], {stdio: 'inherit'});
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        if (this.#ended) return;
        this.#ended = true;
        if (signal !== null || code !== 0) this.restore();
        resolve({code, signal});
      };
      this.#child.on('exit', end);
      this.#child.on('error', () => end(127, null));
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
    try {
      writeSync(1, RESTORE);
    } catch {
      // The terminal is gone; nothing to restore.
    }
    if (this.#modes !== null) spawnSync('stty', [this.#modes], {stdio: ['inherit', 'ignore', 'ignore']});
  }
}

/** The terminal's modes in the form `stty` takes back; null when there is none. */
function terminalModes(): string | null {
  const {status, stdout} = spawnSync('stty', ['-g'], {stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8'});
  return status === 0 ? stdout.trim() : null;
}

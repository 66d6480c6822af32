import {type ChildProcess, spawn} from 'node:child_process';
import {constants} from 'node:os';
import {Tty} from './tty.ts';

/** One run of the program, whatever it is connected to. */
export interface Run {
  readonly pid: number;
  output(): string;
  exit(): {code: number | null; signal: string | null} | null;
  dispose(): void;
}

/** On a terminal. */
export class TtyRun implements Run {
  readonly tty: Tty;

  constructor(command: string[], cwd: string, env: Record<string, string | undefined>, cols: number, rows: number) {
    this.tty = new Tty(process.execPath, command, {cwd, cols, rows, env});
  }

  get pid(): number {
    return this.tty.pid;
  }

  output(): string {
    return this.tty.raw;
  }

  exit(): {code: number | null; signal: string | null} | null {
    if (this.tty.exit === null) return null;
    const {exitCode, signal} = this.tty.exit;
    return signal ? {code: null, signal: signalName(signal)} : {code: exitCode, signal: null};
  }

  dispose(): void {
    this.tty.dispose();
  }
}

/** On pipes, without a standard input. */
export class PlainRun implements Run {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  readonly #lines: string[] = [];
  #rest = '';
  #closed = false;

  constructor(command: string[], cwd: string, env: Record<string, string | undefined>) {
    const merged = {...process.env, CI: 'false', ...env};
    this.#child = spawn(process.execPath, command, {cwd, env: merged, stdio: ['ignore', 'pipe', 'pipe']});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#lines.push(line);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    // What was printed last arrives after the exit; a process left behind may hold the pipe open for ever.
    this.#child.on('exit', () => this.#settle(-1));
    this.#child.on('close', () => (this.#closed = true));
  }

  /** Closed when nothing has come for a while; what is there already is read first, also when this process got no processor for that while. */
  #settle(length: number): void {
    const now = this.output().length;
    if (now === length) this.#closed = true;
    else setTimeout(() => setImmediate(() => this.#settle(now)), 500).unref();
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('node could not be started');
    return this.#child.pid;
  }

  output(): string {
    return this.#stdout + this.#stderr;
  }

  /** Standard output alone, and standard error. */
  streams(): {out: string; err: string} {
    return {out: this.#stdout, err: this.#stderr};
  }

  /** Whole lines of standard output. */
  lines(): readonly string[] {
    return this.#lines;
  }

  exit(): {code: number | null; signal: string | null} | null {
    return this.#closed ? {code: this.#child.exitCode, signal: this.#child.signalCode} : null;
  }

  dispose(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? String(number);
}

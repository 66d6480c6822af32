import type {CommandResult} from '../model/commands.ts';
import type {Phase} from '../model/events.ts';
import {selectStopped, stoppedLine} from '../model/select-stopped.ts';
import type {Bus} from './bus.ts';

export interface HaltOptions {
  bus: Bus;
  /** Is there an Apache, and nobody is stopping it. */
  active: () => boolean;
  phase: (phase: Phase, detail: string) => void;
  /** Tells again what an answered server is. */
  say: () => void;
  reload: (files: string[]) => void;
}

const RUNNING = new Set<Phase>(['starting', 'reloading', 'ready', 'degraded']);
const NOTICE = 'postponed';

/**
 * Stopped processes (SIGSTOP, a debugger) as the state of a server: it is not ready with them, they
 * are what a start or a reload waits for, and what would need them waits until they continue.
 */
export class Halts {
  readonly #options: HaltOptions;
  /** What is told. */
  #told: string | null = null;
  /** What a start or a reload said before. */
  #before = '';
  #restart: (() => void) | null = null;
  /** Files whose change is loaded later. */
  #files = new Set<string>();

  constructor(options: HaltOptions) {
    this.#options = options;
    options.bus.listen(({type}) => {
      if (type === 'processes') this.#look();
    });
  }

  /** Which processes are stopped, by what, and how they continue: one line, null when none is. */
  line(): string | null {
    const stopped = selectStopped(this.#options.bus.state().processes);
    return stopped && stoppedLine(stopped);
  }

  /** Something that is done when they continue. */
  postpone(restart: () => void): void {
    this.#restart = restart;
  }

  /** Refuses a reload that somebody asked for, and keeps one for a change in mind. */
  refuse(files: string[], line: string): CommandResult {
    for (const file of files) this.#files.add(file);
    const text = `${files[0]} changed, and is loaded when the stopped processes continue`;
    if (files.length > 0) this.#options.bus.put({type: 'notice', key: NOTICE, severity: 'warn', text});
    return {ok: false, text: `no reload now: ${line}`};
  }

  #look(): void {
    const line = this.line();
    if (line === this.#told) return;
    const {phase, detail} = this.#options.bus.state().lifecycle;
    const answered = phase === 'ready' || phase === 'degraded';
    if (!RUNNING.has(phase) || !this.#options.active()) return;
    const told = this.#told;
    this.#told = line;
    if (answered) this.#options.say();
    else if (line !== null) {
      if (detail !== told) this.#before = detail;
      this.#options.phase(phase, line);
    } else if (detail === told) this.#options.phase(phase, this.#before);
    if (line === null) this.#continued();
  }

  #continued(): void {
    const restart = this.#restart;
    const files = [...this.#files];
    this.#restart = null;
    this.#files.clear();
    if (files.length > 0) this.#options.bus.put({type: 'notice', key: NOTICE, severity: 'warn', text: '', cleared: true});
    if (restart !== null) restart();
    else if (files.length > 0) this.#options.reload(files);
  }
}

import {kill} from 'node:process';
import {catchesSignal} from '../../sources/agent/proc.ts';
import {readProcess} from '../../sources/processes/proc-stat.ts';
import {launchGuard, type GuardHandle, type GuardLaunch} from '../guard.ts';
import type {ApacheSignal, RunEnd, Running} from '../running.ts';
import {findApache, type ApacheProcess} from './find-apache.ts';

/** Milliseconds between two looks: for Apache's appearance, and whether one behind a launcher still lives. */
const SEEK = 20;
const WATCH = 500;
/** One look in so many is a thorough one. */
const THOROUGH = 25;
/** How long a launcher may outlive its Apache, in milliseconds. */
const LINGER = 2000;

/** Apache handles the first when it has read its configuration and its keys; OpenSSL handles both while it asks for a passphrase. */
const SIGTERM = 15;
const SIGQUIT = 3;

export interface ForeignRun extends Running {
  /** Takes a lent terminal away from everything that runs. */
  takeTerminal(): void;
  /** Types into the terminal. */
  write(data: string): void;
}

/**
 * Runs a command of the original under a guard. Almost always the command becomes Apache itself, and the guard's child is Apache's parent. Where
 * something stands between (a launcher that forks), signals go to Apache's parent as well, and its end is the end of the run.
 * @param onOutput what the guard itself prints, and with a lent terminal what is written there. Then the run counts as started when Apache asks no more.
 * @param drained called at the end, before `ended` settles: reads the last of the output.
 */
export function runForeign(launch: GuardLaunch, onOutput: (chunk: Buffer) => void, drained: () => Promise<void>): ForeignRun {
  const guard = launchGuard(launch);
  guard.onOutput(onOutput);
  const run = new Run(guard, launch.lent ?? false);
  const sought = run.seek();
  return {
    guardPid: guard.guardPid,
    started: () => sought,
    apachePid: () => run.apache?.pid ?? null,
    signal: (signal) => run.signal(signal),
    kill: () => void guard.kill(),
    takeTerminal: () => guard.takeTerminal(),
    write: (data) => guard.write(data),
    ended: run.ended(drained),
  };
}

class Run {
  readonly #guard: GuardHandle;
  readonly #lent: boolean;
  apache: ApacheProcess | null = null;
  #over = false;
  #asked = false;
  /** Apache had gone while what started it lived on. */
  #lost = false;
  #watch: NodeJS.Timeout | undefined;

  constructor(guard: GuardHandle, lent: boolean) {
    this.#guard = guard;
    this.#lent = lent;
  }

  async seek(): Promise<number | null> {
    for (let look = 1; !this.#over; look++) {
      this.apache = findApache(this.#guard.guardPid, look % THOROUGH === 0);
      if (this.apache) break;
      await new Promise((resolve) => setTimeout(resolve, SEEK));
    }
    while (this.#lent && this.apache && !this.#over && mayAsk(this.apache)) await new Promise((resolve) => setTimeout(resolve, SEEK));
    if (this.apache && !this.#direct() && !this.#over) this.#watch = setInterval(() => this.#look(), WATCH);
    return this.apache?.pid ?? null;
  }

  signal(signal: ApacheSignal): void {
    const stop = signal !== 'SIGHUP' && signal !== 'SIGUSR1';
    this.#asked ||= stop;
    if (this.apache === null) {
      // Nothing is served yet: there is nothing to finish, and nothing to restart.
      if (stop) this.#guard.signal(signal === 'SIGINT' ? signal : 'SIGTERM');
    } else if (this.#direct()) this.#guard.signal(signal);
    else {
      // A launcher may keep signals to itself. The guard looks for Apache behind it, and sees that a stop is obeyed.
      if (stop) this.#guard.signal(signal);
      if (signal !== 'graceful-stop' && signal !== 'timed-stop') this.#send(signal);
    }
  }

  async ended(drained: () => Promise<void>): Promise<RunEnd> {
    const guard = this.#guard;
    const end = await new Promise<Parameters<Parameters<typeof guard.onExit>[0]>[0]>((resolve) => guard.onExit(resolve));
    this.#over = true;
    clearInterval(this.#watch);
    if (end.needsSweep) await guard.sweep();
    await drained();
    const {exit, meaning} = end;
    if (this.#lost && !this.#asked)
      return {
        exit: exit.code === 0 ? {code: 1, signal: null} : exit,
        clean: false,
        text: 'Apache ended, and what had started it did not notice',
      };
    if (this.#asked && exit.code === 0) return {exit, clean: true, text: 'Apache stopped, as asked'};
    return {exit, clean: meaning.clean, text: meaning.text};
  }

  /** Is Apache's parent the guard's own child. */
  #direct(): boolean {
    return this.apache?.pid === this.#guard.apachePid();
  }

  #send(signal: NodeJS.Signals): void {
    const {apache} = this;
    if (!apache || !lives(apache)) return;
    try {
      kill(apache.pid, signal);
    } catch {
      // Gone in the meantime.
    }
  }

  #look(): void {
    if (!this.apache || lives(this.apache)) return;
    clearInterval(this.#watch);
    setTimeout(() => {
      if (this.#over) return;
      this.#lost = true;
      this.#guard.signal('SIGTERM');
    }, LINGER).unref();
  }
}

/** Has Apache not begun to serve. */
function mayAsk(apache: ApacheProcess): boolean {
  return lives(apache) && (!catchesSignal(apache.pid, SIGTERM) || catchesSignal(apache.pid, SIGQUIT));
}

function lives({pid, startTicks}: ApacheProcess): boolean {
  const found = readProcess(pid);
  return found?.startTicks === startTicks && found.state !== 'Z';
}

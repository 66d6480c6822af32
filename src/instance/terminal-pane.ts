import {StringDecoder} from 'node:string_decoder';
import type {CommandResult, TerminalWindow} from '../model/commands.ts';
import type {Bus} from './bus.ts';
import type {InteractivePty} from './running.ts';
import {TerminalHistory} from './terminal-history.ts';
import {LOOK, waitsAtPrompt} from './terminal-prompt.ts';

/** Characters kept for clients that come late. */
const KEPT = 256 * 1024;
/** Output is collected for this long, in milliseconds, and an event holds this many characters: a flood costs a bounded share. */
const COLLECT = 15;
const EVENT = 32 * 1024;
/**
 * Input taken within BUDGET_MS, in characters. A program that does not read leaves it in the kernel; what the kernel has no room for waits in our memory.
 */
const BUDGET = 32 * 1024;
const BUDGET_MS = 10_000;
/** Drops what has been typed, then leaves the debugger; some breakpoints may stand in the way. */
const QUIT = '\u0015q\r';
const LEAVE_TRIES = 20;

/**
 * The terminal of debug mode: what the one process prints becomes events, what clients type goes to it. One for the life of the instance; each
 * launch brings its own pty.
 */
export class TerminalPane {
  readonly #bus: Bus;
  readonly #resizable: boolean;
  readonly #history = new TerminalHistory(KEPT);
  readonly #listeners = new Set<(chunk: Buffer) => void>();
  #decoder = new StringDecoder('utf8');
  #pty: InteractivePty | null = null;
  #cols: number;
  #rows: number;
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;
  #asked = false;
  #resized = false;
  #leaving = 0;
  #spent: {at: number; length: number}[] = [];

  /** @param size of the pty at its launch; @param resizable false where Apache itself would act on a change of size. */
  constructor(bus: Bus, size: {cols: number; rows: number}, resizable: boolean) {
    this.#bus = bus;
    this.#cols = size.cols;
    this.#rows = size.rows;
    this.#resizable = resizable;
  }

  /** Takes over the pty of a launch. */
  attach(pty: InteractivePty): void {
    this.#decoder = new StringDecoder('utf8');
    this.#pty = pty;
    this.#leaving = 0;
    pty.onOutput((chunk) => this.#output(chunk));
    // A new pty has the size of the first one.
    if (this.#resized) pty.resize(this.#cols, this.#rows);
  }

  /** The bytes as they come, for a terminal that shows them as they are. Begins with what is kept. */
  listen(listener: (chunk: Buffer) => void): () => void {
    const {data} = this.#history.after(undefined);
    if (data !== '') listener(Buffer.from(data));
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  window(after: number | undefined): TerminalWindow {
    this.#flush();
    return {...this.#history.after(after), cols: this.#cols, rows: this.#rows};
  }

  input(data: string): CommandResult {
    if (!this.#pty) return {ok: false, text: 'the terminal has no program at this moment'};
    const now = Date.now();
    this.#spent = this.#spent.filter((one) => one.at > now - BUDGET_MS);
    const spent = this.#spent.reduce((sum, one) => sum + one.length, 0);
    if (spent + data.length > BUDGET) return {ok: false, text: 'more was typed than a person can; not sent'};
    this.#spent.push({at: now, length: data.length});
    this.#pty.write(data);
    return {ok: true, text: ''};
  }

  resize(cols: number, rows: number): CommandResult {
    if (!this.#resizable) return {ok: false, text: 'with the prefork MPM the terminal keeps its size: Apache would end at the change'};
    if (cols === this.#cols && rows === this.#rows) return {ok: true, text: ''};
    this.#cols = cols;
    this.#rows = rows;
    this.#resized = true;
    this.#pty?.resize(cols, rows);
    return {ok: true, text: ''};
  }

  /** Whoever waits at a prompt is let go, for Apache waits for its threads: to be called when Apache is told to end. */
  leavePrompt(): void {
    this.#leaving = LEAVE_TRIES;
    if (this.#asked) this.#quit();
  }

  #quit(): void {
    if (this.#leaving-- > 0) this.#pty?.write(QUIT);
  }

  #output(chunk: Buffer): void {
    for (const listener of this.#listeners) listener(chunk);
    const text = this.#decoder.write(chunk);
    if (text === '') return;
    this.#history.add(text);
    this.#waiting = (this.#waiting + text).slice(-EVENT);
    this.#timer ??= setTimeout(() => this.#flush(), COLLECT);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === '') return;
    const data = this.#waiting;
    this.#waiting = '';
    this.#bus.put({type: 'terminal', from: this.#history.end - data.length, data});
    this.#prompt(waitsAtPrompt(this.#history.tail(LOOK)));
  }

  /** Nothing else is served meanwhile: whoever looks at another view must hear of it. */
  #prompt(asked: boolean): void {
    if (asked && this.#leaving > 0) this.#quit();
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#bus.put({
      type: 'notice',
      key: 'prompt',
      severity: 'warn',
      text: 'the debugger waits at its prompt; nothing else is served meanwhile',
      remedy: 'press 8, then enter, to type there; c goes on',
      cleared: !asked,
    });
  }
}

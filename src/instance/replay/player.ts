import type {QueryResults} from '../../model/commands.ts';
import type {DeckEvent} from '../../model/events.ts';
import {apply} from '../../model/reduce.ts';
import type {InstanceState} from '../../model/state.ts';
import {TerminalHistory} from '../terminal-history.ts';
import {parse, type LoadedPart, type Recording} from './recording.ts';
import type {RawLine} from './read-segment.ts';
import {ReplayLog} from './replay-log.ts';
import {checkData, checkEvent} from './schema.ts';

/** As much of a log as a live server keeps. */
const LOG_ENTRIES = 100_000;
/** Characters of debug mode's terminal, as a live server keeps them. */
const TERMINAL = 256 * 1024;

/**
 * The state of a recording at one moment, and the way from one moment to another: forwards event by event, anywhere else from the frame before.
 * Not made for two moves at once.
 */
export class Player {
  at: number;
  readonly recording: Recording;
  #part!: LoadedPart;
  /** The next line of the part. */
  #next = 0;
  #state!: InstanceState;
  #log!: ReplayLog;
  #logNews = false;
  #terminal = new TerminalHistory(TERMINAL);
  #damaged = 0;

  private constructor(recording: Recording) {
    this.recording = recording;
    this.at = recording.from;
  }

  /** @throws Error in one line when the moment's part cannot be read. */
  static async open(recording: Recording, at: number): Promise<Player> {
    const player = new Player(recording);
    await player.seek(at);
    return player;
  }

  state(): InstanceState {
    if (this.#logNews) {
      this.#logNews = false;
      this.#state = {...this.#state, log: this.#log.head()};
    }
    return this.#state;
  }

  get log(): ReplayLog {
    return this.#log;
  }

  get terminal(): TerminalHistory {
    return this.#terminal;
  }

  /** Lines that were no events, until now. */
  get damaged(): number {
    return this.#damaged;
  }

  get atEnd(): boolean {
    return this.at >= this.recording.to;
  }

  /** Goes to a moment, bounded by the recording's ends. */
  async seek(to: number): Promise<void> {
    const at = Math.min(Math.max(to, this.recording.from), this.recording.to);
    const part = await this.recording.load(this.recording.partAt(at).index);
    if (part === null) throw new Error('this part of the recording is not there any more');
    await this.#begin(part);
    this.at = at;
    this.#through(at, () => {});
  }

  /**
   * Goes forward to a moment.
   * @param tell each event on the way, log entries included.
   * @returns true when the state was replaced on the way instead (a gap, another run): who watches needs all of it.
   */
  async forward(to: number, tell: (event: DeckEvent) => void): Promise<boolean> {
    let jumped = false;
    const end = Math.min(to, this.recording.to);
    for (;;) {
      this.#through(end, tell);
      const next = this.recording.parts[this.#part.index + 1];
      if (next === undefined || this.#next < this.#part.lines.length) break;
      const gap = !this.recording.continues(next.index);
      // Nothing happened in a gap: it is not waited through.
      if (!gap && next.from > end) break;
      const part = await this.recording.load(next.index);
      if (part === null) throw new Error('the next part of the recording is not there any more');
      if (gap) {
        await this.#begin(part);
        this.at = Math.max(end, part.from);
        jumped = true;
        if (part.from > end) return true;
      } else {
        this.#part = part;
        this.#next = 1;
      }
    }
    this.at = Math.max(this.at, end);
    return jumped;
  }

  /** Lines of the run that is shown, before this moment, newest first. */
  async *back(kinds: ReadonlySet<string>): AsyncGenerator<RawLine> {
    for (let index = this.#part.index; ; index--) {
      const part = index === this.#part.index ? this.#part : await this.recording.load(index);
      if (part === null) return;
      const end = index === this.#part.index ? this.#next : part.lines.length;
      for (let at = end - 1; at > 0; at--) {
        const line = part.lines[at]!;
        if (kinds.has(line.kind)) yield line;
      }
      if (!this.recording.continues(index)) return;
    }
  }

  /** Lines of the run after this moment, in their order, from this part and the next. */
  async *ahead(kinds: ReadonlySet<string>): AsyncGenerator<RawLine> {
    yield* this.#part.lines.slice(this.#next).filter((line) => kinds.has(line.kind));
    const index = this.#part.index + 1;
    if (this.recording.continues(index)) yield* (await this.recording.load(index))?.lines.filter((line) => kinds.has(line.kind)) ?? [];
  }

  get config(): QueryResults['config'] | null {
    return this.#part.key.config;
  }

  async #begin(part: LoadedPart): Promise<void> {
    this.#part = part;
    this.#next = 1;
    this.#state = {...part.key.state};
    await this.#lookBack(part);
    this.#logNews = true;
  }

  /** What a screen may ask for of the time before the frame: the log, and the terminal of debug mode. */
  async #lookBack(part: LoadedPart): Promise<void> {
    const parts = [part];
    while (this.recording.continues(parts[0]!.index) && part.key.logged - parts[0]!.key.logged < LOG_ENTRIES) {
      const before = await this.recording.load(parts[0]!.index - 1);
      if (before === null) break;
      parts.unshift(before);
    }
    this.#log = new ReplayLog(parts[0]!.key, beginsAgain(parts[0]!));
    this.#terminal = new TerminalHistory(TERMINAL);
    const nobody = () => {};
    for (const one of parts.slice(0, -1)) {
      for (const line of one.lines) {
        if (LOOKED_BACK.has(line.kind)) this.#take(line, nobody, false);
      }
    }
  }

  #through(to: number, tell: (event: DeckEvent) => void): void {
    const {lines} = this.#part;
    for (; this.#next < lines.length; this.#next++) {
      const line = lines[this.#next]!;
      if (line.t > to) return;
      this.#take(line, tell, true);
    }
  }

  #take(line: RawLine, tell: (event: DeckEvent) => void, now: boolean): void {
    if (line.kind === '+logs') {
      const entries = checkData('+logs', parse(line));
      if (entries === null) return void this.#damaged++;
      for (const entry of entries) this.#logged(this.#log.add(entry), tell);
      return;
    }
    if (line.kind === '+left-out') {
      const left = checkData('+left-out', parse(line));
      if (left !== null) this.#logged(this.#log.leftOut(left, line.t), tell);
      return;
    }
    if (line.kind.startsWith('+')) return;
    const event = checkEvent(parse(line));
    if (event === null) return void this.#damaged++;
    if (event.type === 'terminal') this.#terminal.add(event.data);
    if (!now) return;
    this.#state = apply(this.#state, event);
    tell(event);
  }

  #logged(entry: ReturnType<ReplayLog['add']>, tell: (event: DeckEvent) => void): void {
    this.#logNews = true;
    const {name} = this.#state;
    this.#state = entry.at > this.#state.at ? {...this.#state, at: entry.at} : this.#state;
    tell({type: 'log', at: entry.at, instance: name, entry});
  }
}

const LOOKED_BACK = new Set<string>(['+logs', '+left-out', 'terminal']);

/** Does the first log entry repeat the one before the frame: then it has that one's number. */
function beginsAgain(part: LoadedPart): boolean {
  const first = part.lines.find((line) => line.kind === '+logs');
  const entries = first === undefined ? null : checkData('+logs', parse(first));
  return (entries?.[0]?.repeated ?? 1) > 1;
}

import type {Engine} from '../../control/server.ts';
import type {Command, CommandResult, Query, QueryResults} from '../../model/commands.ts';
import type {DeckEvent} from '../../model/events.ts';
import {REPLAY_SPEEDS, type ReplayState} from '../../model/replay.ts';
import type {InstanceState, Notice} from '../../model/state.ts';
import {answer} from './answers.ts';
import {Player} from './player.ts';
import type {Recording} from './recording.ts';

/** Milliseconds between two steps of the clock, and between two `replay` events. */
const STEP = 100;
const TELL_EVERY = 250;
/** More events in one step than this are not worth sending one by one: a screen gets the whole state instead. */
const MANY = 400;

export interface ReplayOptions {
  /** What is played, for the screen: the file or the server root. */
  file: string;
  /** Where to begin, milliseconds since the epoch; the beginning unless told. */
  at?: number;
  paused?: boolean;
  speed?: number;
}

/** A recording as a server that can be looked at: the same state, events and answers as when it was live, and a clock that can be moved. */
export class ReplayEngine implements Engine {
  readonly #player: Player;
  readonly #file: string;
  readonly #listeners = new Set<(event: DeckEvent) => void>();
  readonly #jumps = new Set<() => void>();
  #paused: boolean;
  #speed: number;
  #timer: NodeJS.Timeout | undefined;
  #clock = 0;
  #told = 0;
  /** Moves one after the other. */
  #moves: Promise<void> = Promise.resolve();
  #busy = false;
  #damaged = 0;
  #trouble: string | null = null;

  private constructor(player: Player, {file, paused = false, speed = 1}: ReplayOptions) {
    this.#player = player;
    this.#file = file;
    this.#paused = paused;
    this.#speed = speed;
  }

  /** @throws Error in one line when the recording cannot be played. */
  static async open(recording: Recording, options: ReplayOptions): Promise<ReplayEngine> {
    const engine = new ReplayEngine(await Player.open(recording, options.at ?? recording.from), options);
    engine.#clock = performance.now();
    engine.#timer = setInterval(() => engine.#tick(), STEP);
    return engine;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  state(): InstanceState {
    const state = this.#player.state();
    return {...state, ...this.#extras(this.#replay(), state)};
  }

  listen(listener: (event: DeckEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hears when the state was replaced as a whole: who has followed the events needs a snapshot. */
  onJump(listener: () => void): void {
    this.#jumps.add(listener);
  }

  setCadence(): void {
    // What is recorded was sampled as it was.
  }

  query(query: Query): Promise<QueryResults[keyof QueryResults]> {
    return answer(this.#player, query);
  }

  async command(command: Command): Promise<CommandResult> {
    if (command.type === 'cadence') return {ok: true, text: ''};
    if (command.type !== 'replay') return {ok: false, text: 'this is a recording: nothing in it can be changed'};
    const {action, value} = command;
    switch (action) {
      case 'pause':
      case 'play':
        return this.#play(action === 'play');
      case 'speed':
        return this.#setSpeed(value);
      case 'seek':
        if (value === undefined) return {ok: false, text: 'which moment? seek takes milliseconds since the epoch'};
        return this.#go(value, (at) => `at ${clock(at)}`);
      case 'next-incident':
      case 'previous-incident':
        return this.#toIncident(action === 'next-incident');
    }
  }

  async #play(play: boolean): Promise<CommandResult> {
    // From the end there is only the way back to the beginning.
    if (play && this.#player.atEnd) await this.#go(this.#player.recording.from, () => '');
    this.#paused = !play;
    this.#clock = performance.now();
    this.#tell();
    return {ok: true, text: play ? `plays, ${this.#speed}x` : 'paused'};
  }

  #setSpeed(value: number | undefined): CommandResult {
    const [slowest, fastest] = [REPLAY_SPEEDS[0], REPLAY_SPEEDS.at(-1)!];
    if (value === undefined || !(value >= slowest && value <= fastest))
      return {ok: false, text: `a speed is from ${slowest} to ${fastest}`};
    this.#speed = value;
    this.#tell();
    return {ok: true, text: `${value}x`};
  }

  #toIncident(forwards: boolean): Promise<CommandResult> {
    const {incidents} = this.#player.recording;
    const {at} = this.#player;
    // A little before the last one counts as being at it: whoever presses twice wants the one before.
    const found = forwards ? incidents.find((one) => one.at > at) : incidents.findLast((one) => one.at < at - (this.#paused ? 0 : 1500));
    if (found === undefined)
      return Promise.resolve({
        ok: false,
        text: incidents.length === 0 ? 'no incident in this recording' : `no ${forwards ? 'later' : 'earlier'} incident`,
      });
    return this.#go(found.at, () => found.title);
  }

  async #go(to: number, text: (at: number) => string): Promise<CommandResult> {
    let result: CommandResult = {ok: true, text: ''};
    await this.#move(async () => {
      await this.#player.seek(to);
      this.#clock = performance.now();
      this.#jump();
      result = {ok: true, text: text(this.#player.at)};
    }).catch((error: Error) => {
      result = {ok: false, text: error.message};
    });
    return result;
  }

  #tick(): void {
    const now = performance.now();
    if (this.#paused || this.#busy) {
      if (this.#paused) this.#clock = now;
      return;
    }
    const ms = now - this.#clock;
    this.#clock = now;
    this.#busy = true;
    void this.#move(() => this.#step(ms))
      .catch((error: Error) => {
        this.#trouble = error.message;
        this.#paused = true;
        this.#jump();
      })
      .finally(() => {
        this.#busy = false;
      });
  }

  async #step(ms: number): Promise<void> {
    if (this.#paused) return;
    const events: DeckEvent[] = [];
    const jumped = await this.#player.forward(this.#player.at + ms * this.#speed, (event) => events.push(event));
    if (this.#player.atEnd) this.#paused = true;
    const damaged = this.#damaged !== this.#player.damaged;
    this.#damaged = this.#player.damaged;
    if (jumped || damaged || events.length > MANY) return this.#jump();
    for (const event of events) this.#publish(event);
    const now = performance.now();
    if (now - this.#told >= TELL_EVERY || this.#paused) this.#tell();
  }

  #move(step: () => Promise<void>): Promise<void> {
    const move = this.#moves.then(step);
    this.#moves = move.catch(() => {});
    return move;
  }

  #jump(): void {
    for (const listener of this.#jumps) listener();
    this.#tell();
  }

  #tell(): void {
    this.#told = performance.now();
    const {at} = this.#player;
    this.#publish({type: 'replay', at, instance: this.#player.state().name, replay: this.#replay()});
  }

  #publish(event: DeckEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #replay(): ReplayState {
    const {at, recording} = this.#player;
    return {
      file: this.#file,
      from: recording.from,
      to: recording.to,
      at: Math.round(at),
      paused: this.#paused,
      speed: this.#speed,
      incidents: [...recording.incidents],
    };
  }

  /** What is added to the recorded state: where the replay stands, and what of the recording could not be read. */
  #extras(replay: ReplayState, state: InstanceState): Pick<InstanceState, 'replay' | 'notices'> {
    const {damaged, recording} = this.#player;
    const texts = [
      ...recording.damage,
      ...(damaged > 0 ? [`${damaged} line${damaged === 1 ? '' : 's'} of the recording make no sense and are left out`] : []),
      ...(this.#trouble === null ? [] : [this.#trouble]),
    ];
    const notices = texts.map((text, index): Notice => ({key: `replay-${index}`, at: replay.at, severity: 'warn', text, remedy: null}));
    return {replay, notices: notices.length === 0 ? state.notices : [...state.notices, ...notices]};
  }
}

/** Local time of day. */
function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

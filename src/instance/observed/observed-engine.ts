import type {Engine} from '../../control/server.ts';
import type {Command, CommandResult, ConfigView, Query, QueryResults} from '../../model/commands.ts';
import type {DeckEvent} from '../../model/events.ts';
import {summarise} from '../../model/reduce.ts';
import {sourceAround} from '../../sources/source-text.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {Bus} from '../bus.ts';
import type {Captures} from '../captures.ts';
import type {Observation} from './observation.ts';

/** What a read-only look may still do: it changes nothing. */
const HARMLESS = new Set<Command['type']>(['stacks', 'cadence']);
/** A live view asks every second; the programs that take stacks from outside stop the process for a moment each time. Milliseconds. */
const LIVE_EVERY = 3000;

/** What a connected client can ask of a server that is not ours. */
export class ObservedEngine implements Engine {
  readonly #bus: Bus;
  readonly #observation: Observation;
  readonly #captures: Captures;
  readonly #config: () => ConfigView;
  readonly #readOnly: boolean;
  #live: {pid: number; at: number; capture: Promise<StackCapture | null>} | null = null;

  constructor(bus: Bus, observation: Observation, captures: Captures, config: () => ConfigView, readOnly: boolean) {
    this.#bus = bus;
    this.#observation = observation;
    this.#captures = captures;
    this.#config = config;
    this.#readOnly = readOnly;
  }

  state() {
    return this.#bus.state();
  }

  listen(listener: (event: DeckEvent) => void): () => void {
    return this.#bus.listen(listener);
  }

  setCadence(ms: number): void {
    this.#observation.setWatched(ms > 0);
  }

  async command(command: Command): Promise<CommandResult> {
    if (this.#readOnly && !HARMLESS.has(command.type))
      return {ok: false, text: 'attached to look only (--read-only): nothing is changed from here'};
    switch (command.type) {
      case 'stop':
        return this.#observation.stop(command.now);
      case 'restart':
        return this.#observation.restart(command.graceful);
      case 'reload':
        return this.#observation.reload();
      case 'recycle':
        return this.#observation.recycle(command.pid);
      case 'signal':
        return this.#observation.signal(command.pid, command.signal);
      case 'stacks':
        return this.#stacks(command.pid);
      case 'cadence':
        this.setCadence(command.ms);
        return {ok: true, text: ''};
      default:
        return {ok: false, text: `${command.type}: not for a server that is only observed; it takes one that runs under wsgideck`};
    }
  }

  async query(query: Query): Promise<QueryResults[keyof QueryResults]> {
    switch (query.type) {
      case 'log':
        return this.#observation.window(query);
      case 'capture':
        return this.#captures.get(query.id);
      case 'live':
        return this.#liveStacks(query.pid);
      case 'config':
        return this.#config();
      case 'source':
        // A screen may only read what a stack has named: the socket is no way to read any file.
        if (!this.#captures.named(query.file)) throw new Error('no stack of this server names that file');
        return sourceAround(query.file, query.line, query.context);
      case 'incident':
        return null;
      case 'recording':
        return {folder: null, from: 0, to: 0, bytes: 0};
      default:
        throw new Error(`${query.type}: not for a server that is only observed`);
    }
  }

  #liveStacks(pid: number): Promise<StackCapture | null> {
    const now = Date.now();
    if (this.#live?.pid !== pid || now - this.#live.at > LIVE_EVERY) {
      const capture = this.#observation.takeStacks(pid).then(([first]) => (first ? this.#captures.remember(first) : null));
      this.#live = {pid, at: now, capture};
    }
    return this.#live.capture;
  }

  async #stacks(pid: number | undefined): Promise<CommandResult> {
    const captures = await this.#observation.takeStacks(pid);
    for (const capture of captures) this.#bus.put({type: 'stacks', capture});
    if (captures.length === 0)
      return {
        ok: false,
        text: pid === undefined ? 'no process runs Python here now' : `process ${pid} is no process of this server that runs Python`,
      };
    const threads = captures.reduce((sum, one) => sum + one.threads.length, 0);
    const by = [...new Set(captures.map((one) => one.method))].join(', ');
    const text = `stacks of ${threads} thread${threads === 1 ? '' : 's'} in ${captures.length} process${captures.length === 1 ? '' : 'es'}, by ${by}`;
    return {ok: true, text, captures: captures.map(summarise)};
  }
}

import {kill} from 'node:process';
import type {Engine} from '../control/server.ts';
import type {Command, CommandResult, ConfigView, Query, QueryResults} from '../model/commands.ts';
import type {DeckEvent} from '../model/events.ts';
import {summarise} from '../model/reduce.ts';
import {sourceAround} from '../sources/source-text.ts';
import {interrupt} from './actions/interrupt.ts';
import {recycle} from './actions/recycle.ts';
import type {Bus} from './bus.ts';
import type {Captures} from './captures.ts';
import type {IncidentDesk} from './incidents/watch-incidents.ts';
import type {Observer} from './observer.ts';
import type {Recorder} from './recorder/recorder.ts';
import type {Supervisor} from './supervisor.ts';
import type {TerminalPane} from './terminal-pane.ts';

/** Signals that end an Apache parent or a guard are not sent to single processes from here: there are commands for that. */
const PROTECTED = new Set(['supervisor', 'dashboard', 'guard']);

const NO_TERMINAL: CommandResult = {ok: false, text: 'this server has no terminal: it does not run in debug mode'};

/** What an engine has where the instance has it. */
export interface EngineParts {
  incidents?: IncidentDesk;
  recorder?: Recorder;
}

const NO_INCIDENTS: CommandResult = {ok: false, text: 'this server keeps no incidents'};

/** What a connected client can ask of a live instance. */
export class LiveEngine implements Engine {
  readonly #bus: Bus;
  readonly #supervisor: Supervisor;
  readonly #observer: Observer;
  readonly #captures: Captures;
  readonly #config: () => ConfigView;
  readonly #pane: TerminalPane | null;
  readonly #parts: EngineParts;

  /** @param pane the terminal of debug mode; null in the other modes. */
  constructor(
    bus: Bus,
    supervisor: Supervisor,
    observer: Observer,
    captures: Captures,
    config: () => ConfigView,
    pane: TerminalPane | null = null,
    parts: EngineParts = {},
  ) {
    this.#bus = bus;
    this.#supervisor = supervisor;
    this.#observer = observer;
    this.#captures = captures;
    this.#config = config;
    this.#pane = pane;
    this.#parts = parts;
  }

  state() {
    return this.#bus.state();
  }

  listen(listener: (event: DeckEvent) => void): () => void {
    return this.#bus.listen(listener);
  }

  setCadence(ms: number): void {
    this.#observer.setCadence(ms);
  }

  async command(command: Command): Promise<CommandResult> {
    switch (command.type) {
      case 'stop':
        return this.#supervisor.stop(command.now);
      case 'restart':
        return this.#supervisor.restart(command.graceful, 'asked for');
      case 'reload':
        return this.#supervisor.reload([]);
      case 'signal':
        return this.#signal(command.pid, command.signal);
      case 'stacks':
        return this.#stacks(command.pid);
      case 'recycle':
        this.#supervisor.aboutToSignal(command.pid);
        return recycle(this.#bus, (pid) => this.#observer.isOurs(pid), command.pid);
      case 'interrupt':
        return interrupt(this.#bus, this.#observer.agents, command.requestId);
      case 'cadence':
        this.setCadence(command.ms);
        return {ok: true, text: ''};
      case 'input':
        return this.#pane?.input(command.data) ?? NO_TERMINAL;
      case 'resize-pane':
        return this.#pane?.resize(command.cols, command.rows) ?? NO_TERMINAL;
      case 'file-incident':
        return this.#parts.incidents?.file(command) ?? NO_INCIDENTS;
      case 'export-incident':
        return this.#parts.incidents?.export(command.id, command.format) ?? NO_INCIDENTS;
      default:
        return {ok: false, text: `this server does not know the command ${command.type}`};
    }
  }

  async query(query: Query): Promise<QueryResults[keyof QueryResults]> {
    const result = await this.#answer(query);
    this.#parts.recorder?.saw(query, result);
    return result;
  }

  async #answer(query: Query): Promise<QueryResults[keyof QueryResults]> {
    switch (query.type) {
      case 'log':
        return this.#observer.window(query);
      case 'capture':
        return this.#captures.get(query.id);
      case 'live':
        return this.#live(query.pid);
      case 'config':
        return this.#config();
      case 'incident':
        return this.#incident(query.id);
      case 'recording':
        return this.#parts.recorder?.info() ?? {folder: null, from: 0, to: 0, bytes: 0};
      case 'terminal':
        if (!this.#pane) throw new Error(NO_TERMINAL.text);
        return this.#pane.window(query.after);
      case 'source':
        // A screen may only read what a stack or traceback has named: the socket is no way to read any file.
        if (!this.#captures.named(query.file)) throw new Error('no stack of this server names that file');
        return sourceAround(query.file, query.line, query.context);
    }
  }

  /** Whoever looks at an incident may look at the source of its stacks as well. */
  #incident(id: string): QueryResults['incident'] {
    const incident = this.#parts.incidents?.get(id) ?? null;
    for (const capture of incident?.captures ?? []) this.#captures.remember(capture);
    return incident;
  }

  async #live(pid: number): Promise<QueryResults['live']> {
    const capture = await this.#observer.liveStacks(pid);
    return capture ? this.#captures.remember(capture) : null;
  }

  #signal(pid: number, signal: NodeJS.Signals): CommandResult {
    const row = this.#bus.state().processes.find((one) => one.pid === pid);
    if (!row || !this.#observer.isOurs(pid)) return {ok: false, text: `process ${pid} is not part of this server (any more)`};
    if (PROTECTED.has(row.role)) return {ok: false, text: `the ${row.role} is not signalled from here; use stop or restart`};
    this.#parts.incidents?.expect(pid);
    this.#supervisor.aboutToSignal(pid);
    try {
      kill(pid, signal);
    } catch (error) {
      return {ok: false, text: `${signal} to ${pid}: ${(error as Error).message}`};
    }
    return {ok: true, text: `sent ${signal} to ${row.role} ${pid}`};
  }

  async #stacks(pid: number | undefined): Promise<CommandResult> {
    const captures = await this.#observer.takeStacks(pid);
    for (const capture of captures) this.#bus.put({type: 'stacks', capture});
    if (captures.length === 0) {
      const text =
        pid === undefined
          ? 'there is no process with Python code to ask'
          : `process ${pid} gives no stacks: it is gone, or not one that runs Python code`;
      return {ok: false, text};
    }
    const ways = [...new Set(captures.map((one) => one.method))].join(', ');
    const threads = captures.reduce((sum, one) => sum + one.threads.length, 0);
    const text = `stacks of ${threads} thread${threads === 1 ? '' : 's'} in ${captures.length} process${captures.length === 1 ? '' : 'es'} (${ways})`;
    return {ok: true, text, captures: captures.map(summarise)};
  }
}

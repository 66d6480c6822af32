import {reportOf} from '../../diagnose/report/index.ts';
import type {CommandResult, IncidentFormat} from '../../model/commands.ts';
import type {Place} from '../../model/diagnosis.ts';
import type {DeckEvent} from '../../model/events.ts';
import type {Incident} from '../../model/incidents.ts';
import type {InstanceState} from '../../model/state.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {Bus} from '../bus.ts';
import {isOver} from './closing.ts';
import {Consequences} from './consequences.ts';
import {explain} from './explain.ts';
import {DescriptorWatch} from './descriptors.ts';
import {figuresOf} from './figures.ts';
import {OpenIncident} from './open-incident.ts';
import {Recent} from './recent.ts';
import {Shelf} from './shelf.ts';
import {incidentFolder, IncidentStore} from './store.ts';
import {groupOf, oldestRequest, PLACED_BY_STACKS, type Trigger} from './trigger.ts';
import {FigureWatch} from './watch-figures.ts';
import {HeaderWatch} from './watch-headers.ts';
import {fromLog} from './watch-log.ts';
import {capturesPlace} from './where.ts';
import {fromProcesses} from './watch-processes.ts';

export interface IncidentOptions {
  serverRoot: string;
  /** Stacks of one process, or of all; resolves with none where there are none to be had. */
  takeStacks: (pid?: number) => Promise<StackCapture[]>;
  now?: () => number;
}

/** Milliseconds between two looks at what is open; between two writes of one incident; a sign without stacks waits this long for some. */
const LOOK = 1000;
const WRITE_EVERY = 3000;
const STACKS_AFTER = 250;
/** Captures younger than this make new ones needless. */
const STACKS_FRESH = 5000;
/** Stacks that tell where something happened are younger than this. */
const JUST_NOW = 3000;
/** News are on disk after so long. */
const NEWS = 200;
/** A process that was sent a signal from here may take so long to end. */
const EXPECTED = 30_000;
/** Incidents that are added to at the same time. */
const OPEN = 30;

/** The incidents of one instance: opened, added to, closed and kept. It may be asked for any of them, and told to file one by hand. */
export interface IncidentDesk {
  /** With all evidence; null when there is none of that id. */
  get(id: string): Incident | null;
  file(what: {pid?: number; requestId?: string}): Promise<CommandResult>;
  export(id: string, format: IncidentFormat): CommandResult;
  /** This process is about to be ended on purpose: its end is no incident. */
  expect(pid: number): void;
  /** Settles when those of earlier supervisors are told of. */
  readonly opened: Promise<void>;
  /** Closes and writes what is open: the end of the supervisor. */
  close(): void;
}

/** Listens to a bus and keeps an incident of every trouble on it. Never throws: whoever keeps the record must not harm what it is about. */
export function watchIncidents(bus: Bus, options: IncidentOptions): IncidentDesk {
  return new Desk(bus, options);
}

class Desk implements IncidentDesk {
  readonly #bus: Bus;
  readonly #takeStacks: IncidentOptions['takeStacks'];
  readonly #now: () => number;
  readonly #recent = new Recent();
  readonly #consequences = new Consequences();
  readonly #figures = new FigureWatch(this.#consequences);
  readonly #headers = new HeaderWatch(this.#consequences);
  readonly #descriptors = new DescriptorWatch();
  readonly #shelf: Shelf;
  /** Until when the end of a process is nobody's trouble. */
  readonly #expected = new Map<number, number>();
  /** Open ones, and closed ones that still get figures. */
  #kept: OpenIncident[] = [];
  readonly opened: Promise<void>;
  /** What has changed and is not on disk yet. */
  readonly #news = new Set<OpenIncident>();
  #newsTimer: NodeJS.Timeout | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #unlisten: () => void;

  constructor(bus: Bus, {serverRoot, takeStacks, now = Date.now}: IncidentOptions) {
    this.#bus = bus;
    this.#takeStacks = takeStacks;
    this.#now = now;
    this.#shelf = new Shelf(bus, new IncidentStore(incidentFolder(serverRoot)));
    this.opened = this.#shelf.open((incident) => bus.put({type: 'incident', incident}));
    this.#unlisten = bus.listen((event) => this.#see(event));
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#timer.unref();
  }

  get(id: string): Incident | null {
    return this.#kept.find((one) => one.summary.id === id)?.incident ?? this.#shelf.get(id);
  }

  async file({pid, requestId}: {pid?: number; requestId?: string}): Promise<CommandResult> {
    const state = this.#bus.state();
    const request = state.requests.find((one) => one.id === requestId);
    if (requestId !== undefined && !request) return {ok: false, text: 'that request is not served any more'};
    const of = request?.pid ?? pid;
    if (of !== undefined && !state.processes.some((row) => row.pid === of)) {
      return {ok: false, text: `process ${of} is not part of this server (any more)`};
    }
    await this.#askStacks(of);
    const at = this.#now();
    const title = request
      ? `filed by hand: ${oldestRequest([request], at)}`
      : `filed by hand: ${of === undefined ? 'the whole server' : `process ${of}`}`;
    const opened = this.#open({
      kind: 'by-hand',
      severity: 'warn',
      at,
      title,
      reason: 'somebody wanted the evidence of this moment kept',
      pid: of ?? null,
      processGroup: groupOf(state.info),
      where: null,
      subject: `hand ${at}`,
      mark: `hand ${at}`,
      ...(request ? {inFlight: [request]} : {}),
    });
    return {ok: true, text: `filed as incident ${opened.summary.id}`};
  }

  export(id: string, format: IncidentFormat): CommandResult {
    const incident = this.get(id);
    if (!incident) return {ok: false, text: `there is no incident ${id}`};
    const {text, suffix} = reportOf(incident, format);
    try {
      return {ok: true, text: this.#shelf.export(`${id}.${suffix}`, text)};
    } catch (error) {
      return {ok: false, text: `incident ${id} cannot be written: ${(error as Error).message}`};
    }
  }

  expect(pid: number): void {
    this.#expected.set(pid, this.#now() + EXPECTED);
    if (this.#expected.size > 100) this.#expected.delete(this.#expected.keys().next().value!);
  }

  close(): void {
    this.#unlisten();
    clearInterval(this.#timer);
    clearTimeout(this.#newsTimer);
    for (const one of this.#kept) {
      if (one.summary.closedAt === null) this.#closed(one);
      if (one.dirty) this.#write(one);
    }
    this.#kept = [];
  }

  #see(event: DeckEvent): void {
    try {
      // A log line needs nothing of the log's head, which is made anew for each one that asks.
      const state = event.type === 'log' ? this.#bus.known() : this.#bus.state();
      this.#recent.see(event);
      this.#consequences.see(event);
      if (this.#kept.length > 0) this.#evidence(event, state);
      if (event.type === 'traffic') this.#second(event.window.at);
      const signs = [
        ...fromProcesses(event, state, this.#recent),
        ...fromLog(event, state),
        ...this.#figures.see(event, state),
        ...this.#headers.see(event, state),
        ...(event.type === 'processes' ? this.#descriptors.see(event, state) : []),
      ];
      for (const sign of signs) this.#sign({...sign, where: sign.where ?? this.#place(sign)});
    } catch (error) {
      this.#confess(error);
    }
  }

  /** What happens while something is open belongs to it. */
  #evidence(event: DeckEvent, state: InstanceState): void {
    for (const one of this.#kept) {
      const open = one.summary.closedAt === null;
      if (event.type === 'log' && open && one.log(event.entry, state)) this.#tell(one);
      if (event.type === 'stacks' && concerns(one, event.capture.pid)) {
        if (one.capture(event.capture, state)) this.#tell(one);
        // The moment itself: what was said of it until now was a guess.
        if (event.capture.cause === one.summary.kind) this.#explain(one);
      }
      if (event.type === 'agent' && event.state === 'recovered' && open) one.recovered(event.pid);
      if (event.type === 'verdict' && open && concerns(one, event.verdict.pid)) one.verdict(event.verdict);
    }
  }

  #second(at: number): void {
    const figures = figuresOf(this.#bus.state(), at);
    for (const one of this.#kept) one.figures(figures);
    this.#recent.figures(figures);
  }

  /** What stacks of the process say that were taken a moment ago. */
  #place({pid, kind, at}: Trigger): Place | null {
    if (pid === null || !PLACED_BY_STACKS.has(kind)) return null;
    return capturesPlace(this.#recent.captures(new Set([pid]), at, JUST_NOW), this.#bus.state().info);
  }

  #sign(trigger: Trigger): void {
    this.#consequences.told(trigger);
    if (trigger.pid !== null && (this.#expected.get(trigger.pid) ?? 0) > this.#now()) return;
    const state = this.#bus.state();
    const takers = this.#kept.filter((one) => one.summary.closedAt === null && one.takes(trigger));
    const known = takers.find((one) => one.summary.kind === trigger.kind) ?? takers[0];
    if (known) {
      const kind = known.summary.kind;
      if (known.add(trigger, state)) this.#tell(known);
      if (known.summary.kind !== kind) this.#explain(known);
      return;
    }
    // While an application does not load, or Apache is down, every request fails: that is one trouble.
    if (trigger.kind === 'server-errors' && this.#kept.some((one) => one.summary.closedAt === null && ROOTS.has(one.summary.kind))) return;
    this.#open(trigger);
  }

  #open(trigger: Trigger): OpenIncident {
    const one = new OpenIncident(trigger, this.#bus.state(), this.#recent);
    // The oldest of too many: a server in such trouble needs no more of the same.
    if (this.#kept.length >= OPEN) {
      const oldest = this.#kept.shift()!;
      if (oldest.summary.closedAt === null) this.#closed(oldest);
      this.#write(oldest);
    }
    this.#kept.push(one);
    this.#write(one);
    this.#tell(one);
    this.#explain(one);
    if (trigger.stacks !== undefined) setTimeout(() => void this.#wantStacks(one, trigger.stacks!), STACKS_AFTER).unref();
    return one;
  }

  async #wantStacks(one: OpenIncident, of: number | 'all'): Promise<void> {
    const fresh = one.incident.captures.some((capture) => capture.at > this.#now() - STACKS_FRESH);
    if (!fresh) await this.#askStacks(of === 'all' ? undefined : of);
  }

  async #askStacks(pid: number | undefined): Promise<void> {
    try {
      for (const capture of await this.#takeStacks(pid)) this.#bus.put({type: 'stacks', capture});
    } catch {
      // A process that is just ending: what there is of it comes by itself.
    }
  }

  /** Once a second: closes what is over, writes what has grown. */
  #look(): void {
    try {
      const now = this.#now();
      const state = this.#bus.state();
      for (const one of this.#kept) {
        if (one.summary.closedAt === null && isOver({...one, summary: one.summary}, state, now)) this.#closed(one);
        else if (one.dirty && now - one.writtenAt >= WRITE_EVERY) {
          this.#explain(one);
          this.#write(one);
        }
      }
      this.#kept = this.#kept.filter((one) => {
        if (!one.settled(now)) return true;
        if (one.dirty) this.#write(one);
        return false;
      });
    } catch (error) {
      this.#confess(error);
    }
  }

  #closed(one: OpenIncident): void {
    this.#explain(one);
    one.close(this.#now());
    this.#write(one);
    this.#tell(one);
  }

  #explain(one: OpenIncident): void {
    try {
      if (one.explain(explain(one.incident, one, this.#bus.state()))) this.#tell(one);
    } catch (error) {
      this.#confess(error);
    }
  }

  #write(one: OpenIncident): void {
    one.writtenAt = this.#now();
    // What cannot be written is tried again with the next thing that is added.
    one.dirty = !this.#shelf.write(one.incident);
  }

  #tell(one: OpenIncident): void {
    const incident = one.summary;
    // After the event that it follows from, for every listener.
    queueMicrotask(() => this.#bus.put({type: 'incident', incident}));
    if (!one.dirty) return;
    this.#news.add(one);
    this.#newsTimer ??= setTimeout(() => this.#writeNews(), NEWS).unref();
  }

  #writeNews(): void {
    this.#newsTimer = undefined;
    for (const one of this.#news) if (one.dirty) this.#write(one);
    this.#news.clear();
  }

  #confess(error: unknown): void {
    const text = `an incident could not be recorded: ${(error as Error).message}`;
    queueMicrotask(() => this.#bus.put({type: 'notice', key: 'incidents-lost', severity: 'warn', text}));
  }
}

const ROOTS = new Set(['failed-load', 'apache-died']);

function concerns(one: OpenIncident, pid: number): boolean {
  return one.pids.size === 0 || one.pids.has(pid);
}

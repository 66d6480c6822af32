/**
 * The supervisor's end of all agents: a unix socket that daemon processes connect to, and events about what they say, or do not say.
 * An agent that falls silent is itself the symptom: its process is dumped at once by signal, and the line that holds it is named.
 */
import {existsSync} from 'node:fs';
import type {Server, Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ActiveRequest, DeckEvent, EventOf, EventType} from '../../model/events.ts';
import type {StackCapture, StackCause} from '../../model/stacks.ts';
import {sourceLine} from '../source-text.ts';
import {CaptureMaker} from './capture-maker.ts';
import {dumpBySignal, isHeld, type FaultContext, type FaultStacks} from './fault-stacks.ts';
import type {Known} from './known.ts';
import type {AgentException, AgentHello, AgentLoad, AgentNews, AgentSample, InterruptAnswer} from './messages.ts';
import {Peer} from './peer.ts';
import {isRunning, processFact, processUid} from './proc.ts';
import {listenPrivately} from './private-socket.ts';
import {ProcessFiles} from './process-files.ts';
import {Remains} from './remains.ts';
import {
  placeOf,
  requestLine,
  restartOf,
  slotToActiveRequest,
  stoppingTitle,
  toActiveRequest,
  toThreadStack,
  withSilence,
} from './translate.ts';
import {Unheard} from './unheard.ts';

export interface AgentHubOptions {
  /** ROOT/wsgideck/agent.sock; a stale one is replaced. */
  socketPath: string;
  /** ROOT/wsgideck/run. */
  runDirectory: string;
  instance: string;
  /** Folders whose files count as the application's own; the project root first. */
  roots: readonly string[];
  /** The user the daemons run as, when it is not ours: gets the socket, and agents of other users are refused. */
  runUid?: number;
  runGid?: number;
  /** Is this process one of the instance's. */
  isOurs: (pid: number) => boolean;
  emit: (event: DeckEvent) => void;
  /** Numbers for captures, unique within the instance; counted from 1 when absent. */
  nextCaptureId?: () => number;
  /** Gets what request_metrics() returned in a process, about once a second, where mod_wsgi does not report by itself (before 6.0). */
  measured?: (pid: number, metrics: Record<string, unknown>) => void;
  /** Hears what only a reload by swap needs. */
  slots?: SlotListener;
  now?: () => number;
}

/** What processes say about the code that they have, or have not, loaded. */
export interface SlotListener {
  hello(pid: number, hello: AgentHello): void;
  /** True when no visitor gets that code: what it says then is no trouble of the server's. */
  load(pid: number, load: AgentLoad): boolean;
  /** An exception outside of any request; true as above. */
  exception(pid: number, message: AgentException): boolean;
  /** At each sample: requests it is at. */
  sample(pid: number, requests: readonly ActiveRequest[], busy: number): void;
  /** Files of imported modules that were not named before; `more` announces another part. */
  files(pid: number, id: number, files: readonly string[], more: boolean): void;
}

/**
 * Milliseconds between heartbeats when nobody looks. With the second after which an agent counts as silent, and the dump, a wedged
 * interpreter is named within 1.8 s.
 */
const IDLE = 600;
const FASTEST = 50;
/** How long after its connection ended a process may live before the agent counts as gone, and how often to look. */
const SETTLE = 3000;
const LOOK = 50;
/** Milliseconds until a silent process whose interpreter was free is looked at again. */
const LOOK_AGAIN = 1000;
type Body = {[T in EventType]: Omit<EventOf<T>, 'at' | 'instance'>}[EventType];

export class AgentHub {
  readonly #options: AgentHubOptions;
  readonly #files: ProcessFiles;
  readonly #fault: FaultContext;
  readonly #now: () => number;
  readonly #peers = new Set<Peer>();
  readonly #known = new Map<number, Known>();
  readonly #unheard: Unheard;
  readonly #remains: Remains;
  readonly #captures: CaptureMaker;
  #server: Server | null = null;
  #over = false;
  #interval = IDLE;

  constructor(options: AgentHubOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#files = new ProcessFiles(options.runDirectory);
    const folder = options.runDirectory.replace(/\/run\/?$/, '');
    const own = new Set(['agent', 'agent_start', 'agent_main'].map((name) => `${folder}/${name}.py`));
    this.#fault = {
      files: this.#files,
      roots: options.roots,
      isAgent: (file) => own.has(file),
      sourceLine,
    };
    this.#remains = new Remains(this.#fault);
    this.#unheard = new Unheard({
      fault: this.#fault,
      now: this.#now,
      isOurs: options.isOurs,
      isKnown: (pid) => this.#known.has(pid),
      held: (pid, stacks) => this.#held(pid, null, stacks),
    });
    this.#captures = new CaptureMaker({files: this.#files, now: this.#now, nextId: options.nextCaptureId});
  }

  /** Opens the socket. @throws Error with the cause when that is impossible. */
  async start(): Promise<void> {
    this.#remains.sweep();
    this.#server = await listenPrivately(this.#options.socketPath, (socket) => this.#connected(socket), this.#owner());
  }

  /**
   * Makes the socket anew when its file has been deleted; agents that are connected stay so. True when it had to. Rejects with the system's error.
   */
  async renew(): Promise<boolean> {
    if (this.#over || (this.#server !== null && existsSync(this.#options.socketPath))) return false;
    // Node deletes the file of that name as it closes: first this, then the new one.
    this.#server?.close();
    this.#server = await listenPrivately(this.#options.socketPath, (socket) => this.#connected(socket), this.#owner());
    return true;
  }

  #owner(): {uid: number; gid: number} | null {
    const {runUid, runGid} = this.#options;
    return runUid === undefined ? null : {uid: runUid, gid: runGid ?? runUid};
  }

  async close(): Promise<void> {
    this.#over = true;
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const peer of this.#peers) peer.hangUp(null);
    for (const known of this.#known.values()) this.#resolve(known, null);
    this.#known.clear();
    await closed;
  }

  /** How often samples are wanted, in milliseconds; 0 leaves only the heartbeat. */
  setCadence(ms: number): void {
    this.#interval = ms > 0 ? Math.min(Math.max(ms, FASTEST), IDLE) : IDLE;
    for (const {peer} of this.#known.values()) peer.every(this.#interval);
  }

  /** Says something to one process; false when it has no agent. */
  tell(pid: number, message: Parameters<Peer['tell']>[0]): boolean {
    const peer = this.#known.get(pid)?.peer;
    peer?.tell(message);
    return peer !== undefined;
  }

  /** How often one process is asked for a sample, in milliseconds, until the cadence is set again. */
  pace(pid: number, ms: number): void {
    this.#known.get(pid)?.peer.every(Math.max(ms, FASTEST));
  }

  /** Python version, threads and so on of the connected processes, by pid. */
  agents(): Map<number, AgentHello> {
    return new Map([...this.#known].map(([pid, {hello}]) => [pid, hello]));
  }

  /** What a process was last seen at: from its slots and last sample while it lives, afterwards what was in flight at its end. */
  lastRequests(pid: number): ActiveRequest[] {
    const known = this.#known.get(pid);
    return known ? this.#remains.inFlight(pid, known) : this.#remains.last(pid);
  }

  /**
   * Stacks of one process, or of all with an agent: the agent is asked, and once it counts as silent the fault signal is used (not earlier:
   * a dump without the GIL reads frames that running threads change, which has crashed interpreters). Nothing is emitted. A process that
   * gives none is left out.
   */
  async takeStacks(pid?: number): Promise<StackCapture[]> {
    const wanted = [...this.#known.keys(), ...this.#unheard.pids()].filter((one) => pid === undefined || one === pid);
    const captures = await Promise.all(wanted.map((one) => this.#take(one)));
    return captures.filter((capture) => capture !== null);
  }

  /** Stacks of one process as its agent tells them; null, and nothing else is tried, when it does not answer. Nothing is emitted. */
  async sampleStacks(pid: number): Promise<StackCapture | null> {
    const known = this.#known.get(pid);
    return known && !known.peer.silent ? this.#ask(known) : null;
  }

  /** The request that each thread of a process took last, by the kernel's thread id; only a thread that runs Python code is still at it. */
  takenBy(pid: number): Map<number, ActiveRequest> {
    const startTicks = this.#known.get(pid)?.startTicks ?? processFact(pid)?.startTicks ?? '';
    const slots = this.#files.slots(pid, startTicks)?.slots ?? [];
    return new Map(slots.map((slot) => [slot.tid, slotToActiveRequest(pid, slot)]));
  }

  /**
   * Has an agent raise an exception in the thread that serves a request. @returns what it did, in words of the protocol; null when no agent
   * answers.
   */
  async interrupt(pid: number, requestId: string): Promise<InterruptAnswer | null> {
    const known = this.#known.get(pid);
    return known && !known.peer.silent ? known.peer.interrupt(requestId) : null;
  }

  /** Call when a daemon process is known to have ended: reads and removes its files also when its agent never got through. */
  processExited(pid: number): void {
    this.#unheard.forget(pid);
    if (!this.#known.has(pid) && this.#files.pids().includes(pid)) this.#bury(pid, null);
  }

  // Connections.

  #connected(socket: Socket): void {
    const peer: Peer = new Peer(
      socket,
      {
        hello: (_, hello) => this.#hello(peer, hello),
        sample: (_, sample) => this.#sample(peer, sample),
        other: (_, message) => this.#message(peer, message),
        silent: () => void this.#silent(peer),
        back: () => this.#back(peer),
        closed: (_, trouble) => this.#closed(peer, trouble),
      },
      this.#options.measured !== undefined,
    );
    this.#peers.add(peer);
  }

  #hello(peer: Peer, hello: AgentHello): string | null {
    const {pid} = hello;
    const fact = processFact(pid);
    const {runUid, isOurs, roots} = this.#options;
    if (!fact || !isOurs(pid)) return `it says that it is process ${pid}, which is none of this server's`;
    if (runUid !== undefined && processUid(pid) !== runUid) return `it says that it is process ${pid}, which runs as another user`;
    const before = this.#known.get(pid);
    this.#known.set(pid, {
      peer,
      hello,
      startTicks: fact.startTicks,
      requests: [],
      background: new Map(),
      faultFrom: before?.startTicks === fact.startTicks ? before.faultFrom : this.#files.size(pid, 'fault'),
      quietAt: 0,
      waiters: new Set(),
      dump: null,
    });
    if (before) {
      this.#resolve(before, null);
      before.peer.hangUp(null);
    }
    peer.tellRoots(roots);
    peer.every(this.#interval);
    const python = hello.python;
    this.#emit({
      type: 'agent',
      pid,
      state: 'connected',
      python,
      ...(hello.load?.error ? {detail: `did not load: ${hello.load.error}`} : {}),
    });
    this.#emit({type: 'notice', key: `agent-${pid}`, severity: 'info', text: '', cleared: true});
    this.#options.slots?.hello(pid, hello);
    return null;
  }

  #of(peer: Peer): [number, Known] | null {
    const pid = peer.hello?.pid;
    const known = pid === undefined ? undefined : this.#known.get(pid);
    return pid !== undefined && known?.peer === peer ? [pid, known] : null;
  }

  #closed(peer: Peer, trouble: string | null): void {
    this.#peers.delete(peer);
    if (trouble !== null && this.#server) {
      const who = peer.hello ? `the agent of process ${peer.hello.pid}` : 'something that connected as an agent';
      this.#emit({
        type: 'notice',
        key: `agent-${peer.hello?.pid ?? 'unknown'}`,
        severity: 'warn',
        text: `hung up on ${who}: ${trouble}`,
      });
    }
    const found = this.#of(peer);
    if (!found) return;
    const [pid, known] = found;
    this.#resolve(known, null);
    void this.#settle(pid, known);
  }

  /** After the end of a connection: has the process died, or will its agent come back. */
  async #settle(pid: number, known: Known): Promise<void> {
    const end = performance.now() + SETTLE;
    while (this.#server && this.#known.get(pid) === known) {
      if (!isRunning(pid, known.startTicks)) return this.#bury(pid, known);
      if (performance.now() > end) {
        this.#known.delete(pid);
        this.#emit({type: 'agent', pid, state: 'gone', detail: 'its agent has hung up; the process lives on'});
        return;
      }
      await sleep(LOOK);
    }
  }

  // What agents say.

  #sample(peer: Peer, sample: AgentSample): void {
    const found = this.#of(peer);
    if (!found) return;
    const [pid, known] = found;
    const measured = sample.metrics?.['request_metrics'];
    if (measured && typeof measured === 'object') this.#options.measured?.(pid, measured as Record<string, unknown>);
    const requests = sample.requests.map((one) => withSilence(toActiveRequest(pid, one, this.#options.roots), known.requests, this.#now()));
    const idle = requests.length === 0 && known.requests.length === 0 && sample.busy === 0;
    known.requests = requests;
    this.#options.slots?.sample(pid, requests, sample.busy);
    known.background = new Map(sample.background.map(([ident, tid, name]) => [ident, {tid, name}]));
    // A quiet process is mentioned every two seconds only: recordings and dashboards on thin lines are thankful.
    if (!idle || performance.now() - known.quietAt > 2000) {
      known.quietAt = performance.now();
      const queue = Math.max(...requests.map((one) => one.queueMs ?? 0));
      this.#emit({
        type: 'requests',
        pid,
        requests,
        busy: sample.busy,
        total: sample.threads,
        dropped: sample.more,
        ...(requests.length > 0 ? {queueMs: queue} : {}),
      });
    }
    if (sample.stacks && known.waiters.size > 0) {
      const threads = sample.stacks.map((stack) => toThreadStack(stack, requests));
      this.#resolve(known, this.#captures.make(pid, known, {method: 'agent', cause: 'asked', title: `stacks of daemon ${pid}`, threads}));
    }
  }

  #message(peer: Peer, message: AgentNews): void {
    const found = this.#of(peer);
    if (!found) return;
    const [pid, known] = found;
    if (message.type === 'files') return this.#options.slots?.files(pid, message.id, message.files, message.more);
    if (message.type === 'load') {
      const {load} = message;
      const apart = this.#options.slots?.load(pid, load) ?? false;
      this.#emit({type: 'agent', pid, state: 'connected', ...(load?.error && !apart ? {detail: `did not load: ${load.error}`} : {})});
    } else if (message.type === 'exception') {
      const request = message.method ? requestLine(message) : undefined;
      if (!request && this.#options.slots?.exception(pid, message)) return;
      this.#emit({
        type: 'exception',
        pid,
        title: message.title,
        traceback: message.traceback,
        ...(message.id ? {requestId: message.id} : {}),
        ...(request ? {request} : {}),
        ...(message.file ? {file: message.file, line: message.line} : {}),
      });
    } else {
      this.#stopping(pid, known, message);
    }
  }

  #stopping(pid: number, known: Known, message: Extract<AgentNews, {type: 'stopping'}>): void {
    const inFlight = message.requests.map((one) => toActiveRequest(pid, one, this.#options.roots));
    const {cause, text} = restartOf(message.reason);
    this.#emit({type: 'restart', pid, cause, text, processGroup: known.hello.group, inFlight, source: 'agent'});
    if (inFlight.length === 0) return;
    const threads = message.stacks.map((stack) => toThreadStack(stack, inFlight));
    const title = stoppingTitle(message.reason, inFlight, message.at * 1000);
    const why: StackCause = cause === 'request-timeout' ? 'request-timeout' : 'stopping';
    this.#emit({type: 'stacks', capture: this.#captures.make(pid, known, {method: 'agent', cause: why, title, threads})});
  }

  // What agents do not say.

  async #silent(peer: Peer): Promise<void> {
    const found = this.#of(peer);
    if (!found) return;
    const [pid, known] = found;
    this.#emit({type: 'agent', pid, state: 'silent', detail: 'no answer for a second'});
    this.#resolve(known, null);
    const isSilent = () => this.#known.get(pid) === known && peer.silent;
    for (;;) {
      const stacks = await this.#dump(pid, known);
      // It may have come back, or ended, while it was being dumped.
      if (!isSilent()) return;
      if (typeof stacks === 'string')
        return this.#emit({type: 'agent', pid, state: 'silent', detail: `no answer, and no stacks: ${stacks}`});
      if (stacks.inFlight.length > 0) known.requests = stacks.inFlight;
      if (stacks.held && this.#held(pid, known, stacks)) return;
      const detail = stacks.held ? 'no thread runs Python code' : 'nothing holds the interpreter';
      this.#emit({type: 'agent', pid, state: 'silent', detail: `no answer, though ${detail}`});
      if (stacks.held) return;
      const agentTid = () => this.#files.slots(pid, known.startTicks)?.agentTid ?? 0;
      do {
        await sleep(LOOK_AGAIN);
        if (!isSilent()) return;
      } while (!(await isHeld(pid, agentTid())));
    }
  }

  /** Call now and then for a daemon process whose agent has not got through: its interpreter may be held since its first request. */
  unheard(pid: number): Promise<void> {
    return this.#unheard.look(pid);
  }

  /** Tells who holds the interpreter; false when nobody seems to. */
  #held(pid: number, known: Known | null, {verdict, inFlight, threads}: FaultStacks): boolean {
    // What the threads took last stands in their slots: the screen shows the requests that nobody inside can tell of.
    if (inFlight.length > 0) {
      // Of an agent that never got through nobody has told how many threads there are beside those that are held.
      const total = known?.hello.threads ?? Math.max(this.#files.threads(pid), inFlight.length);
      this.#emit({type: 'requests', pid, requests: inFlight, busy: inFlight.length, total, dropped: 0});
    }
    if (!verdict) return false;
    const place = placeOf(verdict.frame, this.#options.roots);
    const who = verdict.request ? requestLine(verdict.request) : 'a thread without a request';
    const title = `interpreter held by ${who} at ${place}`;
    const taken = this.#captures.make(pid, known, {method: 'faulthandler', cause: 'wedged', title, threads});
    const capture = {...taken, culprit: verdict.thread.ident};
    this.#emit({type: 'stacks', capture});
    this.#emit({type: 'agent', pid, state: 'wedged', detail: `holds the interpreter: ${place}`});
    return true;
  }

  #back(peer: Peer): void {
    const found = this.#of(peer);
    if (!found) return;
    const [pid] = found;
    this.#emit({type: 'agent', pid, state: 'recovered', detail: 'answers again'});
  }

  /** One dump at a time per process: whoever asks meanwhile gets the same. */
  #dump(pid: number, known: Known): Promise<FaultStacks | string> {
    known.dump ??= dumpBySignal(this.#patient(pid, known), this.#fault).then((stacks) => {
      known.dump = null;
      known.faultFrom = this.#files.size(pid, 'fault');
      return stacks;
    });
    return known.dump;
  }

  #patient(pid: number, {startTicks, hello, requests, background}: Known) {
    return {pid, startTicks, faultSignal: hello.fault_signal, lastRequests: requests, background};
  }

  async #take(pid: number): Promise<StackCapture | null> {
    if (!this.#known.has(pid)) {
      const stacks = await this.#unheard.take(pid);
      if (stacks !== null) return this.#dumped(pid, null, stacks);
    }
    const known = this.#known.get(pid);
    if (!known) return null;
    if (!known.peer.silent) {
      const answer = await this.#ask(known);
      if (answer !== null || !known.peer.silent || this.#known.get(pid) !== known) return answer;
    }
    const stacks = await this.#dump(pid, known);
    return typeof stacks === 'string' ? null : this.#dumped(pid, known, stacks);
  }

  /** What a dump by signal shows, with the thread that holds the interpreter: the same one that the alarm names. */
  #dumped(pid: number, known: Known | null, {threads, verdict, held}: FaultStacks): StackCapture {
    const title = 'asked, by signal: the interpreter does not answer';
    const capture = this.#captures.make(pid, known, {method: 'faulthandler', cause: 'asked', title, threads});
    return held && verdict ? {...capture, culprit: verdict.thread.ident} : capture;
  }

  #ask(known: Known): Promise<StackCapture | null> {
    return new Promise((resolve) => {
      known.waiters.add(resolve);
      known.peer.wantStacks();
    });
  }

  #resolve(known: Known, capture: StackCapture | null): void {
    for (const waiter of known.waiters) waiter(capture);
    known.waiters.clear();
  }

  // The end of a process.

  /** Tells of the end of a process, and of a crash if that was it. `known` is null when its agent never got through. */
  #bury(pid: number, known: Known | null): void {
    const words = this.#remains.bury(pid, known);
    if (words) this.#crashed(pid, known, words);
    this.#known.delete(pid);
    this.#emit({type: 'agent', pid, state: 'gone'});
  }

  #crashed(pid: number, known: Known | null, words: FaultStacks): void {
    const {verdict, fatal} = words;
    const at = verdict ? ` at ${placeOf(verdict.frame, this.#options.roots)}` : '';
    const by = verdict?.request ? ` in ${requestLine(verdict.request)}` : '';
    const title = `${fatal}${by}${at}`;
    this.#emit({
      type: 'restart',
      pid,
      cause: 'crash',
      text: `crashed: ${title}`,
      processGroup: known?.hello.group ?? '',
      inFlight: words.inFlight,
      source: 'agent',
    });
    this.#emit({
      type: 'stacks',
      capture: this.#captures.make(pid, known, {method: 'crash', cause: 'crash', title, threads: words.threads}),
    });
  }

  #emit(body: Body): void {
    this.#options.emit({...body, at: this.#now(), instance: this.#options.instance});
  }
}

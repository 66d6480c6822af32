/** One agent's connection: checks what it says, asks it for samples one at a time, and notices when it falls silent. */
import type {Socket} from 'node:net';
import {jsonLines} from './json-lines.ts';
import {MAX_AGENT_LINE, readMessage, type AgentHello, type AgentNews, type AgentSample, type InterruptAnswer} from './messages.ts';

/** Milliseconds without an answer after which an agent counts as silent. Four spinning threads delay one by up to 0.3 s (measured). */
const SILENCE = 1000;
/** A timer that comes this late says that we were stopped ourselves: the answer may be waiting in the socket. */
const LATE = 200;
const HELLO_WAIT = 5000;
/** Milliseconds between two readings of mod_wsgi's own figures: each begins a new window of them. */
const METRICS_EVERY = 1000;
/** The first version that reports its figures by datagrams; there request_metrics() is the application's own. */
const REPORTS_ITSELF = 6;

export interface PeerEvents {
  /** The agent has introduced itself. A reason refuses it. */
  hello(peer: Peer, hello: AgentHello): string | null;
  sample(peer: Peer, sample: AgentSample): void;
  other(peer: Peer, message: AgentNews): void;
  silent(peer: Peer): void;
  /** It answers again after having been silent. */
  back(peer: Peer): void;
  /** `trouble`: why we hung up; null when the other side did. */
  closed(peer: Peer, trouble: string | null): void;
}

export class Peer {
  hello: AgentHello | null = null;
  silent = false;
  readonly #events: PeerEvents;
  readonly #socket: Socket;
  /** Milliseconds between samples. */
  #interval = 1000;
  #question = 0;
  #askedAt = 0;
  #outstanding = false;
  /** The next question is to ask for stacks; the one that is due to be answered did. */
  #stacksWanted = false;
  #stacksAsked = false;
  /** When mod_wsgi's own figures were last asked for; infinite where nobody wants them. */
  #measuredAt: number;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #trouble: string | null = null;
  #orders = 0;
  readonly #interrupts = new Map<number, (answer: InterruptAnswer | null) => void>();

  /** @param measured whether mod_wsgi's own figures are wanted too, where the agent has to be asked for them. */
  constructor(socket: Socket, events: PeerEvents, measured = false) {
    this.#socket = socket;
    this.#measuredAt = measured ? 0 : Infinity;
    this.#events = events;
    const feed = jsonLines(
      (value) => this.#receive(value),
      (reason) => this.hangUp(reason),
      MAX_AGENT_LINE,
    );
    socket.on('data', feed);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(this.#timer);
      clearTimeout(this.#watch);
      for (const [id] of this.#interrupts) this.#interrupted(id, null);
      this.#events.closed(this, this.#trouble);
    });
    this.#watch = setTimeout(() => this.hangUp('no greeting'), HELLO_WAIT);
  }

  /** Ends the connection; the reason is reported unless it is null. */
  hangUp(reason: string | null): void {
    this.#trouble ??= reason;
    this.#socket.destroy();
  }

  tellRoots(roots: readonly string[]): void {
    this.#send({type: 'roots', roots});
  }

  /** Says something that is answered by a message of its own, or not at all. */
  tell(message: {type: 'load' | 'release' | 'hold'} | {type: 'files'; id: number}): void {
    this.#send(message);
  }

  /** How often to ask; takes effect at once. */
  every(ms: number): void {
    this.#interval = ms;
    if (!this.#outstanding) this.#later(Math.min(ms, Math.max(0, this.#askedAt + ms - performance.now())));
  }

  /** The next sample is to bring stacks; asked at once unless an answer is still due. */
  wantStacks(): void {
    this.#stacksWanted = true;
    if (!this.#outstanding) this.#ask();
  }

  /** Asks for an exception in the thread of one request; null when no answer comes within a second. */
  interrupt(request: string): Promise<InterruptAnswer | null> {
    const id = ++this.#orders;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#interrupted(id, null), SILENCE);
      this.#interrupts.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#send({type: 'interrupt', id, request});
    });
  }

  #interrupted(id: number, answer: InterruptAnswer | null): void {
    this.#interrupts.get(id)?.(answer);
    this.#interrupts.delete(id);
  }

  #ask(): void {
    clearTimeout(this.#timer);
    if (this.#outstanding || !this.hello) return;
    this.#outstanding = true;
    this.#askedAt = performance.now();
    this.#stacksAsked = this.#stacksWanted;
    this.#stacksWanted = false;
    this.#question++;
    const metrics = this.hello.mod_wsgi[0]! < REPORTS_ITSELF && this.#askedAt - this.#measuredAt >= METRICS_EVERY;
    if (metrics) this.#measuredAt = this.#askedAt;
    this.#send({type: 'sample', id: this.#question, requests: true, stacks: this.#stacksAsked, metrics, at: true});
    this.#watchFor(SILENCE);
  }

  #watchFor(ms: number): void {
    clearTimeout(this.#watch);
    const due = performance.now() + ms;
    this.#watch = setTimeout(() => {
      if (performance.now() - due > LATE) return this.#watchFor(LATE);
      this.silent = true;
      this.#events.silent(this);
    }, ms);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  #send(message: unknown): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  #receive(value: unknown): void {
    if (this.#socket.destroyed) return;
    const message = readMessage(value);
    if (message.type === 'invalid') return this.hangUp(`it sent what is not in the protocol (${message.why})`);
    if (message.type === 'hello') {
      if (this.hello) return this.hangUp('a second greeting');
      clearTimeout(this.#watch);
      const refusal = this.#events.hello(this, message);
      if (refusal !== null) return this.hangUp(refusal);
      this.hello = message;
      return this.#ask();
    }
    if (!this.hello) return this.hangUp('no greeting');
    if (message.type === 'sample') return this.#answered(message);
    if (message.type === 'interrupted') return this.#interrupted(message.id, message);
    if (message.type !== 'bye') this.#events.other(this, message);
  }

  #answered(sample: AgentSample): void {
    if (!this.#outstanding || sample.id !== this.#question) return this.hangUp('an answer without a question');
    if (this.#stacksAsked && !sample.stacks) return this.hangUp('an answer without the stacks that were asked for');
    clearTimeout(this.#watch);
    this.#outstanding = false;
    if (this.silent) {
      this.silent = false;
      this.#events.back(this);
    }
    this.#events.sample(this, sample);
    if (this.#stacksWanted) this.#ask();
    else this.#later(Math.max(0, this.#askedAt + this.#interval - performance.now()));
  }
}

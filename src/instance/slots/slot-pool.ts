import type {ActiveRequest} from '../../model/events.ts';
import type {SlotListener} from '../../sources/agent/hub.ts';
import type {AgentException, AgentHello, AgentLoad} from '../../sources/agent/messages.ts';
import {SLOTS, type SlotName, type SlotSwitch} from './slot-switch.ts';

/**
 * One daemon process of a slot. `idle`: an interpreter without application, waiting to be told to load; `loading`, then `loaded` or `failed`;
 * `held`: its code did not load, and others of its group serve in its place; `stray`: it neither has the application nor waits for it, and is of no use; `ending`: it has been told to end.
 */
export interface SlotMember {
  pid: number;
  slot: SlotName;
  state: 'idle' | 'loading' | 'loaded' | 'failed' | 'held' | 'stray' | 'ending';
  /** Failed, and waits to be told whether to say so to visitors. */
  waits: boolean;
  /** Milliseconds that loading took. */
  ms: number | null;
  error: string | null;
  /** One of the application's files was saved while it was loading. */
  torn: boolean;
  /** What it was at when it was last asked, and when that was (milliseconds since the epoch; 0 for never). */
  requests: readonly ActiveRequest[];
  busy: number;
  sampledAt: number;
}

/** What is said besides. */
export interface Heard {
  files: SlotListener['files'];
  exception(pid: number, message: AgentException): void;
}

/** Who is in the two process groups, and how far each is: from what the agents say. */
export class SlotPool implements SlotListener {
  readonly #groups: Record<SlotName, string>;
  readonly #members = new Map<number, SlotMember>();
  readonly #listeners = new Set<() => void>();
  readonly #slotSwitch: Pick<SlotSwitch, 'live'>;
  readonly #heard: Heard;

  /** @param heard is told of what is no matter of who is where. */
  constructor(groups: Record<SlotName, string>, slotSwitch: Pick<SlotSwitch, 'live'>, heard: Heard) {
    this.#groups = groups;
    this.#slotSwitch = slotSwitch;
    this.#heard = heard;
  }

  members(slot: SlotName): SlotMember[] {
    return [...this.#members.values()].filter((one) => one.slot === slot);
  }

  get(pid: number): SlotMember | undefined {
    return this.#members.get(pid);
  }

  hello(pid: number, hello: AgentHello): void {
    const slot = SLOTS.find((one) => this.#groups[one] === hello.group);
    if (slot === undefined) return;
    const {load} = hello;
    // Only a live process loads unasked: its agent may come before its application is there.
    const fresh = load ? (load.ok ? 'loaded' : 'failed') : hello.idle ? 'idle' : 'loading';
    const state = this.#members.get(pid)?.state === 'ending' ? 'ending' : fresh;
    const error = load?.error ?? null;
    const waits = load?.waits ?? false;
    this.#members.set(pid, {pid, slot, state, waits, ms: load?.ms ?? null, error, torn: false, requests: [], busy: 0, sampledAt: 0});
    this.#changed();
  }

  load(pid: number, load: AgentLoad): boolean {
    const member = this.#members.get(pid);
    if (!member || !load) return false;
    const apart = member.slot !== this.#slotSwitch.live();
    if (member.state !== 'ending') {
      const {ok, ms, error = null, torn = false, waits = false} = load;
      this.#set(member, {state: ok ? 'loaded' : 'failed', ms, error, torn, waits});
    }
    return apart;
  }

  exception(pid: number, message: AgentException): boolean {
    const member = this.#members.get(pid);
    if (member) this.#heard.exception(pid, message);
    return member !== undefined && member.slot !== this.#slotSwitch.live();
  }

  sample(pid: number, requests: readonly ActiveRequest[], busy: number): void {
    const member = this.#members.get(pid);
    if (!member) return;
    this.#set(member, {requests, busy, sampledAt: Date.now()});
  }

  files(...args: Parameters<SlotListener['files']>): void {
    this.#heard.files(...args);
  }

  /** It has been told to load. */
  loading(pid: number): void {
    const member = this.#members.get(pid);
    if (member) this.#set(member, {state: 'loading'});
  }

  /** It waits no longer, without having been told to load. */
  stray(pid: number): void {
    const member = this.#members.get(pid);
    if (member) this.#set(member, {state: 'stray'});
  }

  /** It has been told that others serve in its place. */
  held(pid: number): void {
    const member = this.#members.get(pid);
    if (member) this.#set(member, {state: 'held'});
  }

  /** It has been told to answer visitors, with the page that says why it has no application. */
  excused(pid: number): void {
    const member = this.#members.get(pid);
    if (member) this.#set(member, {state: 'failed', waits: false});
  }

  /** It has been told to end. */
  ending(pid: number): void {
    const member = this.#members.get(pid);
    if (member) this.#set(member, {state: 'ending'});
  }

  gone(pid: number): void {
    if (this.#members.delete(pid)) this.#changed();
  }

  clear(): void {
    this.#members.clear();
    this.#changed();
  }

  /** Called at each change, until the function that is returned is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Asks at each change until the answer is not null.
   * @returns the answer; null after `ms` milliseconds or when `signal` aborts.
   */
  until<T>(ask: () => T | null, ms: number, signal: AbortSignal): Promise<T | null> {
    return new Promise((resolve) => {
      const end = (answer: T | null) => {
        clearTimeout(timer);
        unlisten();
        signal.removeEventListener('abort', abort);
        resolve(answer);
      };
      const abort = () => end(null);
      const look = () => {
        const answer = ask();
        if (answer !== null) end(answer);
      };
      const unlisten = this.listen(look);
      const timer = setTimeout(abort, ms);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      else look();
    });
  }

  #set(member: SlotMember, change: Partial<SlotMember>): void {
    Object.assign(member, change);
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

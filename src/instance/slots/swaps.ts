import type {ReloadRecord} from '../../model/events.ts';
import type {AgentException} from '../../sources/agent/messages.ts';
import {died, hung, raised, type LoadFailure} from './load-failure.ts';
import {drain} from './drain.ts';
import {recycle} from './recycle.ts';
import {Replacements} from './replacements.ts';
import type {SlotContext} from './slot-context.ts';
import {SlotRows} from './slot-rows.ts';
import {otherSlot, type SlotName} from './slot-switch.ts';

/** Names listed in a reload's record; the rest is only counted. */
const NAMES = 20;
/** Apache replaces a process on a tick of one second; allow for that and a slow machine, in milliseconds. */
const BACK = 10_000;
/** New code that takes longer than so many times the last code, and than so many milliseconds, makes way for a newer save. */
const TIMES = 3;
/** So many loads in a row are given up because a file was saved meanwhile; an application that writes its own files has to go live some time. */
const TORN = 5;
const LONG = 2000;
/** Exceptions kept for those who ask why code did not load: the newest of so many processes. */
const KEPT = 50;

interface Work {
  files: string[];
  /** Somebody has asked for it. */
  byHand: boolean;
  seenAt: number;
}

type Outcome = 'loaded' | 'failed' | 'died' | 'late';

/**
 * Reload by swap: new code is loaded in the idle slot, then the switch is thrown, then the old slot finishes its requests and becomes the next idle
 * one. One at a time: what is saved meanwhile is loaded next, all at once.
 */
export class Swaps {
  readonly #context: SlotContext;
  readonly #onLive: (loaded: number) => void;
  readonly #rows: SlotRows;
  readonly #replacements: Replacements;
  readonly #unlisten: (() => void)[];
  #stop = new AbortController();
  /** It was aborted because Apache restarts. */
  #again = false;
  /** A newer save has come while code is loading: aborts that. */
  #newer = new AbortController();
  #busy = false;
  #loadingSince = 0;
  #waiting: Work | null = null;
  #loading: SlotName | null = null;
  #draining: SlotName | null = null;
  #lastMs = 0;
  #count = 0;
  /** Newest exception while loading, by process. */
  readonly #exceptions = new Map<number, LoadFailure>();

  /** @param onLive called when new requests go to new code, with the time when its load began (milliseconds since the epoch). */
  constructor(context: SlotContext, onLive: (loaded: number) => void) {
    this.#context = context;
    this.#onLive = onLive;
    this.#rows = new SlotRows(context, () => this.#draining);
    this.#replacements = new Replacements(context);
    const {bus, pool} = context;
    this.#unlisten = [
      bus.listen((event) => {
        if (event.type === 'agent' && event.state === 'gone') pool.gone(event.pid);
      }),
      pool.listen(() => this.#look()),
    ];
  }

  /** True while what visitors get is no application, because none has loaded. */
  get broken(): boolean {
    const members = this.#context.pool.members(this.#context.slotSwitch.live());
    return members.length > 0 && members.every((one) => one.state === 'failed');
  }

  /** True when the newest code did not load. */
  get failed(): boolean {
    return this.broken || this.#context.bus.state().reloads.at(-1)?.status === 'failed';
  }

  /** One that left the code while it was imported. */
  exception(pid: number, message: AgentException): void {
    this.#exceptions.set(pid, raised(message));
    if (this.#exceptions.size > KEPT) this.#exceptions.delete(this.#exceptions.keys().next().value!);
  }

  /** New code is there. `files` is empty when asked by hand. */
  request(files: string[]): void {
    const seenAt = Date.now();
    const work = {files, byHand: files.length === 0, seenAt};
    if (!this.#busy) return void this.#run(work);
    this.#waiting = merged(this.#waiting, work);
    const patience = Math.max(LONG, TIMES * this.#lastMs);
    if (this.#loadingSince > 0 && seenAt - this.#loadingSince > patience) this.#newer.abort();
  }

  /** Apache is about to end all daemons: none of them waits any more. What was to be loaded is loaded afterwards when they come `again`. */
  release(again: boolean): void {
    const {pool, tell} = this.#context;
    this.#again = again;
    if (!again) this.#waiting = null;
    this.#stop.abort();
    this.#stop = new AbortController();
    for (const {pid, state, waits} of [...pool.members('blue'), ...pool.members('green')]) {
      if (state === 'idle' || waits) tell(pid, {type: 'release'});
      pool.ending(pid);
    }
  }

  /** Somebody is about to signal this process: while it waits it hears nothing, and afterwards it would end when it has just loaded. */
  letGo(pid: number): void {
    const {pool, tell} = this.#context;
    const member = pool.get(pid);
    if (member?.waits) tell(pid, {type: 'release'});
    if (member?.state !== 'idle') return;
    tell(pid, {type: 'release'});
    pool.stray(pid);
  }

  /** The end of the instance. */
  close(): void {
    this.#again = false;
    this.#stop.abort();
    this.#rows.stop();
    this.#replacements.stop();
    for (const unlisten of this.#unlisten) unlisten();
  }

  /** At each change among the processes: those that are not where they belong are set right. */
  #look(): void {
    const {pool, slotSwitch, tell} = this.#context;
    const live = slotSwitch.live();
    for (const {pid, state} of pool.members(live)) {
      // It was started before the switch was thrown, or lost its supervisor: the application is wanted there.
      if (state === 'idle') {
        pool.loading(pid);
        tell(pid, {type: 'load'});
      }
    }
    this.#replacements.look();
    if (this.#loading === null && this.#draining === null) {
      // It has served somebody who came too late for it: it is not empty any more.
      const strays = pool.members(otherSlot(live)).filter((one) => ['loaded', 'failed', 'stray'].includes(one.state));
      if (strays.length > 0) void this.#drain(otherSlot(live), 'loaded for a late request');
    }
    this.#rows.look();
  }

  async #run(first: Work): Promise<void> {
    this.#busy = true;
    let work: Work | null = first;
    while (work) {
      await this.#swap(work).catch((error: unknown) => this.#trouble(error));
      this.#loading = null;
      work = this.#waiting;
      this.#waiting = null;
    }
    this.#busy = false;
  }

  async #swap(work: Work): Promise<void> {
    let record = this.#record(++this.#count, work);
    this.#put(record);
    for (let tries = 1; ; tries++) {
      const again = await this.#attempt(record, work, tries < TORN);
      if (again === null) return;
      record = again;
      this.#put(record);
    }
  }

  /** One load, and what follows from it. @returns the record when it has to be tried again: what it depends on has changed meanwhile. */
  async #attempt(begun: ReloadRecord, work: Work, mayRepeat: boolean): Promise<ReloadRecord | null> {
    const {pool, plan, slotSwitch} = this.#context;
    const {signal} = this.#stop;
    const idle = otherSlot(slotSwitch.live());
    let record = begun;
    if (!this.#ready(idle)) this.#put({...record, detail: 'waiting for the other process group to be ready'});
    const limit = (plan.gracefulTimeout + plan.shutdownTimeout) * 1000 + BACK;
    const pids = await pool.until(() => this.#ready(idle), limit, signal);
    if (pids === null && signal.aborted) return this.#stopped(record);
    if (pids === null) return this.#end(ended(record, `the other process group did not come back within ${limit / 1000} s`));
    // The newest save wins: what came while we waited is loaded now.
    if (this.#waiting) {
      work.files.push(...this.#waiting.files);
      work.byHand ||= this.#waiting.byHand;
      this.#waiting = null;
      record = this.#record(record.id, work);
    }
    const began = Date.now();
    const outcome = await this.#load(idle, pids, signal);
    this.#loadingSince = 0;
    if (outcome === null) return this.#stopped(record);
    if (mayRepeat && pids.some((pid) => pool.get(pid)?.torn)) {
      recycle(this.#context, pids, 'its files were saved while it loaded them');
      this.#loading = null;
      return {...record, detail: 'saved again while it was loading: loading anew'};
    }
    const times = pids.map((pid) => pool.get(pid)?.ms ?? 0);
    const importMs = Math.round(Math.max(0, ...times));
    const loadedAt = Date.now();
    if (outcome !== 'loaded') {
      const failure = await this.#failure(outcome, pids, loadedAt - began);
      this.#put({
        ...ended(record, `${failure.title}; ${this.broken ? 'there is no older code to serve' : 'the old code serves on'}`),
        failure,
        importMs,
      });
      this.#replacements.codeLoads(false);
      // Where visitors get no application at all, the newest reason is what they (on this machine) are to see.
      if (outcome !== 'failed' || !this.broken) {
        recycle(this.#context, pids, 'its code did not load', outcome === 'late');
        return null;
      }
      const live = slotSwitch.live();
      slotSwitch.throwTo(idle);
      void this.#drain(live, 'replaced by newer code');
      return null;
    }
    this.#lastMs = importMs;
    const old = slotSwitch.live();
    slotSwitch.throwTo(idle);
    const switchedAt = Date.now();
    const ms = switchedAt - record.seenAt;
    record = {...record, status: 'done', importMs, loadedAt, switchedAt, answeredAt: switchedAt, ms};
    this.#put(record);
    this.#replacements.codeLoads(true);
    this.#onLive(began);
    // Not waited for: the next swap begins when the old slot is empty.
    void this.#drain(old, 'replaced by newer code', record);
    return null;
  }

  /** Has every process of the slot import the application; null when Apache ends meanwhile. */
  async #load(slot: SlotName, pids: readonly number[], signal: AbortSignal): Promise<Outcome | null> {
    const {pool, plan, tell} = this.#context;
    this.#newer = new AbortController();
    this.#loading = slot;
    this.#loadingSince = Date.now();
    for (const pid of pids) {
      this.#exceptions.delete(pid);
      pool.loading(pid);
      tell(pid, {type: 'load'});
    }
    const come = (): Outcome | null => {
      const states = pids.map((pid) => pool.get(pid)?.state);
      if (states.includes(undefined)) return 'died';
      if (states.includes('loading')) return null;
      return states.every((state) => state === 'loaded') ? 'loaded' : 'failed';
    };
    const either = AbortSignal.any([signal, this.#newer.signal]);
    const outcome = await pool.until(come, plan.loadTimeout * 1000, either);
    return signal.aborted ? null : (outcome ?? 'late');
  }

  async #failure(outcome: Outcome, pids: readonly number[], ms: number): Promise<LoadFailure> {
    const {pool, stacks, plan} = this.#context;
    if (outcome === 'died') return died();
    const told = pids.flatMap((pid) => this.#exceptions.get(pid) ?? [])[0];
    if (outcome === 'failed' && told) return told;
    const slow = pids.find((pid) => pool.get(pid)?.state === 'loading');
    if (slow === undefined) {
      const title = pids.flatMap((pid) => pool.get(pid)?.error ?? [])[0] ?? 'the code did not load';
      return {title, traceback: [], place: null};
    }
    return hung(Math.round(ms / 1000), (await stacks(slow))[0], plan.roots);
  }

  async #drain(slot: SlotName, why: string, record?: ReloadRecord): Promise<void> {
    this.#draining = slot;
    this.#rows.look();
    const {signal} = this.#stop;
    const drained = await drain(this.#context, slot, why, signal);
    this.#draining = null;
    this.#rows.look();
    if (!record || !drained) return;
    const done = {...record, drainedAt: Date.now(), finishedByOld: drained.finished, cut: drained.cut};
    this.#put(done);
    const empty = await this.#context.pool.until(() => this.#ready(slot), BACK, signal);
    if (empty) this.#put({...done, ...bytes('memoryAfter', this.#memory())});
  }

  /** The processes of a slot, when all of them wait to be told to load. */
  #ready(slot: SlotName): number[] | null {
    const members = this.#context.pool.members(slot);
    const idle = members.filter((one) => one.state === 'idle');
    return idle.length === this.#context.plan.processes && idle.length === members.length ? idle.map((one) => one.pid) : null;
  }

  #record(id: number, {files, byHand, seenAt}: Work): ReloadRecord {
    const names = [...new Set(files)];
    return {
      id,
      names: names.slice(0, NAMES),
      files: names.length,
      seenAt,
      answeredAt: null,
      status: 'running',
      ms: null,
      by: byHand ? 'hand' : 'change',
      strategy: 'swap',
      ...bytes('memoryBefore', this.#memory()),
    };
  }

  #memory(): number {
    return this.#context.bus
      .state()
      .processes.filter((row) => row.role === 'daemon')
      .reduce((sum, row) => sum + row.rss, 0);
  }

  #trouble(error: unknown): void {
    const text = `reload: ${error instanceof Error ? error.message : String(error)}`;
    this.#context.bus.put({type: 'notice', key: 'reload', severity: 'error', text});
  }

  #stopped(record: ReloadRecord): ReloadRecord | null {
    this.#loading = null;
    return this.#again ? {...record, detail: 'Apache restarts: it is loaded afterwards'} : this.#end(ended(record, STOPPED));
  }

  #end(reload: ReloadRecord): null {
    this.#put(reload);
    return null;
  }

  #put(reload: ReloadRecord): void {
    this.#context.bus.put({type: 'reload', reload});
  }
}

const STOPPED = 'the server was stopped or restarted meanwhile';

function merged(before: Work | null, now: Work): Work {
  return before ? {files: [...before.files, ...now.files], byHand: before.byHand || now.byHand, seenAt: before.seenAt} : now;
}

function ended(record: ReloadRecord, detail: string): ReloadRecord {
  return {...record, status: 'failed', detail};
}

function bytes<K extends 'memoryBefore' | 'memoryAfter'>(key: K, value: number): {[key in K]?: number} {
  return (value > 0 ? {[key]: value} : {}) as {[key in K]?: number};
}

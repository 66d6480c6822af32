/**
 * Looks at the stacks of requests that have become long, before mod_wsgi gives up on them: three samples tell stuck from slow. Nothing is sampled
 * while nothing is long; one sample covers all threads of its process.
 */
import type {ActiveRequest} from '../../model/events.ts';
import {selectCountdown} from '../../model/select-countdown.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {InstanceState} from '../../model/state.ts';
import type {RequestVerdict} from '../../model/verdict.ts';
import {inRoots, placeOf, requestLine} from '../../sources/agent/translate.ts';
import {kernelThread} from '../../sources/stacks/kernel-threads.ts';
import {socketPeer} from '../../sources/stacks/socket-peer.ts';
import type {Bus} from '../bus.ts';
import {lookDue} from './due.ts';
import {judge, LOOKS, type Look} from './judge.ts';
import {overdueAt, streamOf} from './streams.ts';

export interface EarlyOptions {
  bus: Bus;
  /** The stacks of a process as its agent tells them, threads with the kernel's ids; null when it does not answer. */
  sample: (pid: number) => Promise<StackCapture | null>;
}

/** Milliseconds between two samples: not a divisor of a second, as loops that sleep have round figures. */
const APART = 730;
/** Milliseconds between two rounds in one process: with a hundred long requests one is always due. */
const REST = 4000;
/** Requests of one process that are judged in one round, and how old they are at least, in milliseconds. */
const MOST = 50;
const YOUNGEST = 1500;
/** Captures kept for one request. */
const KEPT = 3;

interface Seen {
  pid: number;
  /** Age in seconds at the last look. */
  lookedAt: number;
  kept: number;
  /** What the last verdict said: the same again is not kept again. */
  said: string;
}

export class EarlyDumps {
  readonly #options: EarlyOptions;
  readonly #seen = new Map<string, Seen>();
  /** Processes with a round, until they may have the next one; on the monotonic clock, Infinity while it lasts. */
  readonly #resting = new Map<number, number>();
  readonly #stopListening: () => void;
  #stopped = false;

  constructor(options: EarlyOptions) {
    this.#options = options;
    this.#stopListening = options.bus.listen((event) => {
      if (event.type === 'requests') this.#consider(event.pid, event.requests, event.at);
      else if (event.type === 'agent' && event.state === 'gone') this.#forget(event.pid, []);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#stopListening();
  }

  #consider(pid: number, requests: readonly ActiveRequest[], now: number): void {
    if (this.#seen.size > 0) this.#forget(pid, requests);
    this.#goesOn(requests, now);
    if (requests.length === 0 || (this.#resting.get(pid) ?? 0) > performance.now()) return;
    const state = this.#options.bus.state();
    const agent = state.agents.find((one) => one.pid === pid);
    if (agent?.state !== 'connected') return;
    const crowded = agent.total > 0 && agent.busy >= agent.total;
    const countdown = selectCountdown(state);
    const limit = limitOf(state);
    const due = requests.some((one) => {
      const age = (now - one.startedAt) / 1000;
      const lookedAt = this.#seen.get(one.id)?.lookedAt ?? null;
      return lookDue({age, lookedAt, left: countdown.left(one, now), crowded, overdueAt: overdueAt(one, limit)});
    });
    if (due) void this.#round(pid);
  }

  /** A stream of which more has come since it seemed to stand still: that needs no look at its stack. */
  #goesOn(requests: readonly ActiveRequest[], now: number): void {
    for (const verdict of this.#options.bus.state().verdicts) {
      if (verdict.verdict !== 'waiting' && verdict.verdict !== 'stuck') continue;
      const {pieces, silentSince = 0} = requests.find((one) => one.id === verdict.requestId) ?? {};
      if (!pieces || silentSince <= verdict.at) continue;
      const rest = {...verdict};
      delete rest.waitsIn;
      this.#options.bus.put({type: 'verdict', verdict: {...rest, verdict: 'slow', at: now, pieces, silentSince, captures: []}});
    }
  }

  async #round(pid: number): Promise<void> {
    this.#resting.set(pid, Infinity);
    try {
      const looks = new Map<string, Look[]>();
      let newest: StackCapture | null = null;
      for (let count = 0; count < LOOKS; count++) {
        if (count > 0) await pause(APART);
        newest = this.#stopped ? null : await this.#options.sample(pid);
        if (newest === null) return;
        this.#look(pid, newest, looks, count);
      }
      if (newest !== null) this.#tell(pid, newest, looks);
    } finally {
      this.#resting.set(pid, performance.now() + REST);
    }
  }

  /** Adds one sample; a request that was not in all of them has ended, or has just begun. */
  #look(pid: number, capture: StackCapture, looks: Map<string, Look[]>, count: number): void {
    const long = capture.threads
      .filter((one) => one.request && capture.at - one.request.startedAt >= YOUNGEST)
      .filter((one) => count === 0 || looks.get(one.request!.id)?.length === count)
      // Those that were looked at longest ago, or never: with more than fit each has its turn.
      .toSorted((a, b) => this.#lookedAt(a.request!) - this.#lookedAt(b.request!) || a.request!.startedAt - b.request!.startedAt);
    for (const {request, frames, tid} of long.slice(0, MOST)) {
      const kernel = tid === undefined ? null : kernelThread(pid, tid);
      looks.set(request!.id, [...(looks.get(request!.id) ?? []), {at: capture.at, frames, kernel}]);
    }
  }

  #lookedAt({id, startedAt}: {id: string; startedAt: number}): number {
    const seen = this.#seen.get(id);
    return seen === undefined ? 0 : startedAt + seen.lookedAt * 1000;
  }

  #tell(pid: number, capture: StackCapture, looks: ReadonlyMap<string, Look[]>): void {
    const {bus} = this.#options;
    const state = bus.state();
    const limit = limitOf(state);
    const root = state.info?.projectRoot;
    const roots = root === undefined ? [] : [root];
    const verdicts: RequestVerdict[] = [];
    for (const [id, list] of looks) {
      const request = capture.threads.find((one) => one.request?.id === id)?.request;
      if (!request || list.length < LOOKS) continue;
      const served = state.requests.find((one) => one.id === id);
      const stream = served ? streamOf(served, limit, capture.at) : null;
      verdicts.push(withPeer(judge({...request, pid}, list, (file) => inRoots(file, roots), stream)));
    }
    const kept = this.#worthKeeping(verdicts);
    for (const one of verdicts) this.#remember(one, kept.includes(one));
    if (kept.length > 0) bus.put({type: 'stacks', capture: {...capture, cause: 'early', title: titleOf(kept, roots)}});
    for (const one of verdicts) bus.put({type: 'verdict', verdict: {...one, captures: kept.includes(one) ? [capture.id] : []}});
  }

  /** Those that do not move, unless a capture kept before shows the same of them. */
  #worthKeeping(verdicts: readonly RequestVerdict[]): RequestVerdict[] {
    return verdicts.filter((one) => {
      if (one.verdict !== 'stuck' && one.verdict !== 'waiting') return false;
      const seen = this.#seen.get(one.requestId);
      return seen === undefined || (seen.kept < KEPT && seen.said !== words(one));
    });
  }

  #remember(verdict: RequestVerdict, kept: boolean): void {
    const before = this.#seen.get(verdict.requestId);
    this.#seen.set(verdict.requestId, {
      pid: verdict.pid,
      lookedAt: (verdict.at - verdict.startedAt) / 1000,
      kept: (before?.kept ?? 0) + (kept ? 1 : 0),
      said: words(verdict),
    });
  }

  #forget(pid: number, requests: readonly ActiveRequest[]): void {
    if (requests.length === 0 && this.#resting.get(pid) !== Infinity) this.#resting.delete(pid);
    for (const [id, seen] of this.#seen) if (seen.pid === pid && !requests.some((one) => one.id === id)) this.#seen.delete(id);
  }
}

/** `socket:[4711]` tells a person nothing, the address of the server that does not answer a lot. */
function withPeer(verdict: RequestVerdict): RequestVerdict {
  const {pid, waitsIn} = verdict;
  if (waitsIn === undefined) return verdict;
  return {...verdict, waitsIn: waitsIn.replace(/socket:\[(\d+)\]/, (all, inode: string) => socketPeer(pid, inode) ?? all)};
}

/** Seconds that mod_wsgi lets a request take; 0 where it never gives up. */
function limitOf(state: InstanceState): number {
  const {rule} = selectCountdown(state);
  return rule === 'request' || rule === 'process' ? (state.info?.requestTimeout ?? 0) : 0;
}

/** Nobody waits for a round when the supervisor ends. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function words({verdict, frame}: RequestVerdict): string {
  return `${verdict} ${frame?.file}:${frame?.line}`;
}

/** `waiting (socket.recv): GET /slow after 10.3 s`, of the oldest one. */
function titleOf(verdicts: readonly RequestVerdict[], roots: readonly string[]): string {
  const oldest = verdicts.toSorted((a, b) => a.startedAt - b.startedAt)[0]!;
  const {verdict, waitsIn, own, frame, at, startedAt} = oldest;
  const place = own ?? frame;
  const where = waitsIn === undefined ? (place ? ` at ${placeOf(place, roots)}` : '') : ` (${waitsIn})`;
  const more = verdicts.length > 1 ? `, and ${verdicts.length - 1} more` : '';
  return `${verdict}${where}: ${requestLine(oldest)} after ${((at - startedAt) / 1000).toFixed(1)} s${more}`;
}

/** The figures of the first screen, summed from the small state. Pure. */
import type {ActiveRequest} from './events.ts';
import type {InstanceState} from './state.ts';

export interface Totals {
  busy: number;
  /** Nobody tells of requests in flight (a server that is not ours, without mod_status): `busy` means nothing then. */
  blind: boolean;
  /** Threads over all daemon processes: what the agents report, else what is configured; null when neither is known. */
  capacity: number | null;
  /** Requests not listed because a process had more than a sample holds. */
  dropped: number;
  longest: ActiveRequest | null;
  /** Worst queue time over the processes at the last sample, milliseconds. */
  queueMs: number | null;
  /** Of Apache and its processes, without the supervisor and screens: percent of one core, bytes. Null before the first reading. */
  cpu: number | null;
  rss: number | null;
  /** Answers 5xx and 4xx and all requests in the last minute. */
  errors5xx: number;
  errors4xx: number;
  requests: number;
  rate: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

const OURS = new Set(['supervisor', 'dashboard', 'guard']);

export function isBlind({info, scoreboard}: InstanceState): boolean {
  return info?.foreign !== undefined && scoreboard === undefined;
}

export function selectTotals(state: InstanceState, now: number): Totals {
  const {agents, requests, info, processes} = state;
  const served = processes.filter((one) => !OURS.has(one.role));
  const minute = state.traffic.filter((one) => one.at > now - 60_000);
  const newest = state.traffic.at(-1);
  const queues = agents.map((one) => one.queueMs).filter((value) => value !== null);
  // Of the two groups of a reload by swap only one is there for visitors.
  const spare = new Set(state.slots.filter((one) => one.state !== 'live').map((one) => one.processGroup));
  const groups = info?.groups?.filter((one) => !spare.has(one.name)) ?? (info === null || info.processes === 0 ? [] : [info]);
  const configured = groups.length === 0 ? null : groups.reduce((sum, one) => sum + one.processes * one.threads, 0);
  return {
    blind: isBlind(state),
    busy: Math.max(
      agents.reduce((sum, one) => sum + one.busy, 0),
      requests.length,
    ),
    capacity: configured ?? (agents.length > 0 ? agents.reduce((sum, one) => sum + one.total, 0) : null),
    dropped: agents.reduce((sum, one) => sum + one.dropped, 0),
    longest: requests[0] ?? null,
    queueMs: queues.length > 0 ? Math.max(...queues) : null,
    cpu: served.length > 0 ? served.reduce((sum, one) => sum + one.cpu, 0) : null,
    rss: served.length > 0 ? served.reduce((sum, one) => sum + one.rss, 0) : null,
    errors5xx: minute.reduce((sum, one) => sum + one.errors5xx, 0),
    errors4xx: minute.reduce((sum, one) => sum + one.errors4xx, 0),
    requests: minute.reduce((sum, one) => sum + one.requests, 0),
    rate: newest === undefined || newest.seconds <= 0 ? null : newest.requests / newest.seconds,
    p50: newest?.p50 ?? null,
    p95: newest?.p95 ?? null,
    p99: newest?.p99 ?? null,
  };
}

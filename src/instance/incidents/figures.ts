import type {Figures} from '../../model/incidents.ts';
import type {InstanceState} from '../../model/state.ts';

/** The figures of a whole server as they are now. `at` in milliseconds since the epoch. */
export function figuresOf(state: InstanceState, at: number): Figures {
  const window = state.traffic.at(-1);
  const daemons = state.processes.filter((row) => row.role === 'daemon');
  const queues = state.agents.flatMap((one) => one.queueMs ?? []);
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
  return {
    at,
    requestsPerSecond: window ? Math.round((window.requests / window.seconds) * 10) / 10 : 0,
    errors5xx: window?.errors5xx ?? 0,
    p50: window?.p50 ?? null,
    p95: window?.p95 ?? null,
    p99: window?.p99 ?? null,
    busy: sum(state.agents.map((one) => one.busy)),
    capacity: sum(state.agents.map((one) => one.total)) || (state.info ? state.info.processes * state.info.threads : 0),
    queueMs: queues.length > 0 ? Math.max(...queues) : null,
    cpu: Math.round(sum(daemons.map((row) => row.cpu)) * 10) / 10,
    rss: sum(daemons.map((row) => row.rss)),
    load1: state.host?.load1 ?? null,
  };
}

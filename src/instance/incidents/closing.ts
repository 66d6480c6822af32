import type {IncidentSummary} from '../../model/incidents.ts';
import type {InstanceState} from '../../model/state.ts';

/** What is known of an open incident beside its summary. */
export interface OpenFacts {
  summary: IncidentSummary;
  /** Processes and requests it is about. */
  pids: ReadonlySet<number>;
  requests: ReadonlySet<string>;
  /** What the signs were about, and when the last one came, in milliseconds since the epoch. */
  subject: string;
  lastAt: number;
}

/** Milliseconds without another sign. */
const CALM = 10_000;
const SHORT = 2000;

/** Is the trouble over. Pure. `now` in milliseconds since the epoch. */
export function isOver(facts: OpenFacts, state: InstanceState, now: number): boolean {
  const {summary, subject, pids, requests, lastAt} = facts;
  const calm = now - lastAt;
  const {phase} = state.lifecycle;
  if (phase === 'stopped') return true;
  const noticed = state.notices.some((one) => one.key === subject);
  switch (summary.kind) {
    case 'by-hand':
      return true;
    case 'stuck':
      return calm > SHORT && !state.requests.some((one) => requests.has(one.id) && !streams(one.id, state));
    case 'wedged': {
      const held = state.agents.some((one) => pids.has(one.pid) && one.state !== 'connected');
      return calm > SHORT && !held && replaced(pids, state);
    }
    case 'crash':
    case 'request-timeout':
    case 'cpu-limit':
      return calm > CALM && replaced(pids, state);
    case 'restart-loop':
      return !noticed && calm > SHORT;
    case 'disk-full':
    case 'log-failure':
      return !noticed && calm > CALM;
    case 'failed-load':
      return calm > SHORT && phase === 'ready' && !state.agents.some((one) => one.detail.startsWith('did not load'));
    case 'failed-reload':
      return state.reloads.at(-1)?.status === 'done' || (calm > SHORT && phase === 'ready' && state.reloads.length === 0);
    case 'apache-died':
      return calm > SHORT && (phase === 'ready' || phase === 'degraded');
    default:
      return calm > CALM;
  }
}

/** A stream of which more has come. */
function streams(requestId: string, state: InstanceState): boolean {
  return state.verdicts.some((one) => one.requestId === requestId && one.verdict === 'slow' && one.pieces !== undefined);
}

/** The processes are gone, or well again, and there is one to serve. */
function replaced(pids: ReadonlySet<number>, state: InstanceState): boolean {
  const alive = state.processes.filter((row) => row.role === 'daemon');
  return alive.some((row) => row.agent === 'connected') || (alive.length > 0 && !alive.some((row) => pids.has(row.pid)));
}

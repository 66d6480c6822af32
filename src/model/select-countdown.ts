/** When mod_wsgi gives up on a stuck request, by the rule of the version that runs. Pure. */
import type {ActiveRequest, InstanceInfo} from './events.ts';
import {isStopped} from './select-stopped.ts';
import type {InstanceState} from './state.ts';

/**
 * `request`: each request has its own limit (6.x and newer). `process`: the average over all configured threads of a process counts
 * (4.x and 5.x). `off`: no timeout set, or embedded mode, where it has no effect. `unknown`: nothing known of the server yet.
 */
export type CountdownRule = 'request' | 'process' | 'off' | 'unknown';

export interface Countdown {
  rule: CountdownRule;
  /** Seconds: of one request under `request`, of the average under `process`; 0 otherwise. */
  limit: number;
  /** Seconds until mod_wsgi acts on this request, or null where the rule gives none, or its process is stopped. Not below 0. */
  left(request: ActiveRequest, now: number): number | null;
}

const NONE = () => null;

/** The rule in force and how to apply it to the requests in `state`. Times of `now` are milliseconds since the epoch. */
export function selectCountdown(state: Pick<InstanceState, 'info' | 'requests'> & Partial<Pick<InstanceState, 'processes'>>): Countdown {
  const {info, requests, processes = []} = state;
  // Of a request that only Apache's scoreboard tells of, nobody knows which daemon serves it, if any.
  if (info === null || info.foreign) return {rule: 'unknown', limit: 0, left: NONE};
  const rule = countdownRule(info);
  if (rule === 'off') return {rule, limit: 0, left: NONE};
  const threads = Math.max(1, info.threads);
  if (rule === 'request') {
    // A graceful eviction is not waited for: the limit stretches with the logarithm of the threads that would be lost.
    const limit = info.requestTimeout * (1 + Math.log(threads));
    return {
      rule,
      limit,
      left: (request, now) => (isStopped(processes, request.pid) ? null : Math.max(0, limit - ageSeconds(request, now))),
    };
  }
  return {
    rule,
    limit: info.requestTimeout,
    left: (request, now) => {
      if (isStopped(processes, request.pid)) return null;
      const busy = requests.filter((one) => one.pid === request.pid);
      const sum = busy.reduce((total, one) => total + ageSeconds(one, now), 0);
      return Math.max(0, (threads * info.requestTimeout - sum) / Math.max(1, busy.length));
    },
  };
}

function countdownRule(info: InstanceInfo): CountdownRule {
  if (info.requestTimeout <= 0 || info.processes === 0) return 'off';
  const major = Number.parseInt(info.modWsgi, 10);
  return Number.isNaN(major) || major >= 6 ? 'request' : 'process';
}

function ageSeconds(request: ActiveRequest, now: number): number {
  return Math.max(0, now - request.startedAt) / 1000;
}

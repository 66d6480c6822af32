/** What a person must look at, worst first. Pure. */
import type {ActiveRequest} from './events.ts';
import {selectCountdown} from './select-countdown.ts';
import type {InstanceState} from './state.ts';

export interface Concern {
  key: string;
  severity: 'error' | 'warn' | 'info';
  /** What is wrong, in one line. Holds text of strangers. */
  text: string;
  /** What it means or what to do. */
  detail: string | null;
  /** Where `enter` leads. */
  opens: {type: 'request'; id: string} | {type: 'capture'; id: number} | {type: 'view'; view: 'stacks' | 'requests' | 'logs'} | null;
  request?: ActiveRequest;
  /** Seconds until mod_wsgi acts, for a request. */
  left?: number | null;
}

/** A request older than this is worth a line even where no timeout is set. */
const LONG_MS = 10_000;

const ORDER = {error: 0, warn: 1, info: 2} as const;

/** Wedged interpreters, then errors, then requests that will soon be given up on, then the rest of the notices. */
export function selectAttention(state: InstanceState, now: number): Concern[] {
  const concerns: Concern[] = [...wedged(state, now), ...long(state, now)];
  const pids = new Set(state.agents.filter((one) => one.state === 'wedged').map((one) => one.pid));
  for (const notice of state.notices) {
    // The supervisor's own notice about a wedged process says the same as the agent's state.
    if (notice.key.startsWith('wedged') && pids.size > 0) continue;
    concerns.push({key: notice.key, severity: notice.severity, text: notice.text, detail: notice.remedy, opens: null});
  }
  return concerns.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

function wedged(state: InstanceState, now: number): Concern[] {
  return state.agents
    .filter((one) => one.state === 'wedged')
    .map((one) => {
      const capture = state.captures.findLast((other) => other.pid === one.pid && other.cause === 'wedged' && other.at >= one.since - 5000);
      const seconds = Math.max(0, (now - one.since) / 1000).toFixed(0);
      const silent = `daemon ${one.pid} answers nothing for ${seconds} s: a thread holds the GIL, most likely inside C code`;
      return {
        key: `wedged:${one.pid}`,
        severity: 'error' as const,
        text: capture?.title ?? (one.detail || `interpreter of daemon ${one.pid} is wedged`),
        detail: silent,
        opens: capture ? {type: 'capture' as const, id: capture.id} : {type: 'view' as const, view: 'stacks' as const},
      };
    });
}

function long(state: InstanceState, now: number): Concern[] {
  const countdown = selectCountdown(state);
  const slow = state.requests.filter((one) => {
    const left = countdown.left(one, now);
    return now - one.startedAt >= LONG_MS || (left !== null && countdown.limit > 0 && left < countdown.limit * 0.5);
  });
  return slow.slice(0, 5).map((one) => {
    const left = countdown.left(one, now);
    const urgent = left !== null && left < Math.max(5, countdown.limit * 0.2);
    return {
      key: `long:${one.id}`,
      severity: urgent ? ('error' as const) : ('warn' as const),
      text: `${one.method} ${one.url}`,
      detail: one.at ?? null,
      opens: {type: 'request' as const, id: one.id},
      request: one,
      left,
    };
  });
}

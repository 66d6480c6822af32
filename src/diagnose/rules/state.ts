import type {Diagnosis, Place} from '../../model/diagnosis.ts';
import type {RestartCause} from '../../model/events.ts';
import type {InstanceState} from '../../model/state.ts';
import {isStopped, selectStopped, selectStoppedOthers} from '../../model/select-stopped.ts';
import {selectCountdown} from '../../model/select-countdown.ts';
import {selectTotals} from '../../model/select-totals.ts';
import {placeText} from '../place.ts';

export interface StateRule {
  rule: string;
  severity: Diagnosis['severity'];
  /** Null when it is not so; the figures that say it otherwise. */
  match: (state: InstanceState) => {evidence: string[]; place?: Place; cause?: string; remedy?: string} | null;
  cause: string;
  remedy: string;
}

/** Seconds that all threads must have been busy, and that a queue must have grown. */
const BUSY_FOR = 5;
const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
const daemons = (state: InstanceState) => state.processes.filter((one) => one.role === 'daemon');
const oldFor = (state: InstanceState) => (state.requests[0] ? (state.at - state.requests[0].startedAt) / 1000 : 0);

/** Ends of daemon processes that somebody has asked for. */
const ASKED = new Set<RestartCause>([
  'shutdown',
  'reload',
  'apache-restart',
  'graceful',
  'script-changed',
  'maximum-requests',
  'restart-interval',
  'inactivity-timeout',
]);

export const stateRules: readonly StateRule[] = [
  {
    rule: 'gil-wedged',
    severity: 'error',
    match: (state) => {
      const wedged = state.agents.filter((one) => one.state === 'wedged');
      return wedged.length === 0
        ? null
        : {evidence: wedged.map((one) => `process ${one.pid}: ${one.detail || 'its interpreter does not answer'}`)};
    },
    cause: 'One thread holds the interpreter (GIL) of its process, so none of its other requests can move.',
    remedy: 'Stacks names the line; --deadlock-timeout replaces such a process by itself.',
  },
  {
    rule: 'same-line',
    severity: 'error',
    match: (state) => {
      const stuck = state.verdicts.filter((one) => one.own && (one.verdict === 'waiting' || one.verdict === 'stuck'));
      const lines = [...Map.groupBy(stuck, (one) => `${one.own!.file}:${one.own!.line}`).values()].toSorted((a, b) => b.length - a.length);
      const most = lines[0];
      const own = most?.[0]?.own;
      if (!most || !own || most.length < 2 || most.length < state.requests.length / 2) return null;
      const {file, line, func} = own;
      const place = {file, line, func};
      const waits = most[0]!.waitsIn;
      return {
        evidence: [
          `${most.length} of ${state.requests.length} requests at ${placeText(place, state.info)}`,
          ...(waits ? [`all in ${waits}`] : []),
        ],
        place,
      };
    },
    cause: 'Most of the requests do not move, and they are all at the same line.',
    remedy: 'Look at what that line waits for; give it a timeout so that one slow neighbour cannot take all threads.',
  },
  {
    rule: 'stream-silent',
    severity: 'warn',
    match: (state) => {
      const one = state.verdicts.find(({verdict, pieces}) => verdict === 'waiting' && pieces !== undefined);
      if (one?.pieces === undefined || one.silentSince === undefined) return null;
      const said = `${one.method} ${one.url}: ${one.pieces} pieces, then nothing for ${((one.at - one.silentSince) / 1000).toFixed(0)} s`;
      const frame = one.own ?? one.frame;
      const place = frame ? {file: frame.file, line: frame.line, func: frame.func} : undefined;
      return {evidence: [said, ...(one.waitsIn ? [`it waits in ${one.waitsIn}`] : [])], ...(place ? {place} : {})};
    },
    cause: 'A response that streams has sent nothing for longer than --request-timeout: what feeds it is gone, or has had nothing to tell.',
    remedy:
      'Send a comment line (": ping") every 15 s, which also shows whether the client is still there; mod_wsgi counts the age of a stream like that of any request: see --request-timeout.',
  },
  {
    rule: 'all-threads-busy',
    severity: 'error',
    match: (state) => {
      const {busy, capacity, queueMs} = selectTotals(state, state.at);
      if (capacity === null || capacity === 0 || busy < capacity || selectStopped(state.processes)) return null;
      const since = state.busyHistory.length - 1 - state.busyHistory.findLastIndex((one) => one < capacity);
      if (since < BUSY_FOR && oldFor(state) < BUSY_FOR) return null;
      return {
        evidence: [
          `${busy} of ${capacity} threads busy for ${since} s`,
          ...(queueMs === null ? [] : [`queue time ${Math.round(queueMs)} ms`]),
          `oldest request ${oldFor(state).toFixed(1)} s`,
        ],
      };
    },
    cause: 'All threads are busy, so every new request waits in the queue.',
    remedy: 'Requests shows what they are at: repair that when they wait, raise --threads or --processes when they work.',
  },
  {
    rule: 'queue-growing',
    severity: 'warn',
    match: (state) => {
      const queue = Math.max(0, ...state.agents.flatMap((one) => one.queueMs ?? []));
      return queue < 1000 ? null : {evidence: [`newest requests waited ${Math.round(queue)} ms for a thread`]};
    },
    cause: 'Requests wait a second or more before a thread takes them.',
    remedy: 'Free threads: see in Requests what takes long; --queue-timeout refuses those whose client has given up anyway.',
  },
  {
    rule: 'thread-on-cpu',
    severity: 'warn',
    match: (state) => {
      const hot = daemons(state).filter((one) => one.cpu >= 85 && one.cpu <= 130);
      const request = state.requests.find((one) => state.at - one.startedAt > 5000 && hot.some((row) => row.pid === one.pid));
      if (!request) return null;
      const row = hot.find((one) => one.pid === request.pid)!;
      return {
        evidence: [
          `process ${row.pid} at ${Math.round(row.cpu)} % of one core`,
          `${request.method} ${request.url} for ${((state.at - request.startedAt) / 1000).toFixed(1)} s${request.at ? ` at ${request.at}` : ''}`,
        ],
      };
    },
    cause: 'One request computes without a pause and takes a whole processor core.',
    remedy: 'Its stack names the line; --cpu-time-limit ends what never comes to an end.',
  },
  {
    rule: 'memory-low',
    severity: 'error',
    match: (state) => {
      const {host} = state;
      if (!host || host.memTotal === 0 || host.memAvailable > host.memTotal * 0.05) return null;
      const rss = daemons(state).reduce((sum, one) => sum + one.rss, 0);
      return {evidence: [`${mib(host.memAvailable)} of ${mib(host.memTotal)} available`, `daemon processes use ${mib(rss)}`]};
    },
    cause: 'The machine is almost out of memory; soon the kernel will kill something.',
    remedy: 'Stop what is not needed, lower --processes, and set --memory-limit for the daemons.',
  },
  {
    rule: 'server-errors',
    severity: 'error',
    match: (state) => {
      const {errors5xx, requests} = selectTotals(state, state.at);
      return errors5xx < 5 || errors5xx < requests * 0.2
        ? null
        : {evidence: [`${errors5xx} of ${requests} answers in the last minute were 5xx`]};
    },
    cause: 'Many requests end with a server error.',
    remedy: 'The newest tracebacks in Logs say why; with none there, see the restarts of daemon processes.',
  },
  {
    rule: 'daemon-loop',
    severity: 'error',
    match: (state) => {
      const ends = state.restarts.filter((one) => one.at > state.at - 60_000 && !ASKED.has(one.cause));
      return ends.length < 3 ? null : {evidence: [`${ends.length} ends within a minute`, `last: ${ends.at(-1)!.text}`]};
    },
    cause: 'Daemon processes end again and again shortly after their start.',
    remedy: 'Processes and Incidents say why; until that is repaired requests wait or fail.',
  },
  {
    rule: 'timeout-near',
    severity: 'warn',
    match: (state) => {
      const countdown = selectCountdown(state);
      const request = state.requests.find((one) => !isStopped(state.processes, one.pid));
      const left = request ? countdown.left(request, state.at) : null;
      if (!request || left === null || left > countdown.limit * 0.2) return null;
      const age = (state.at - request.startedAt) / 1000;
      return {evidence: [`${request.method} ${request.url} for ${age.toFixed(1)} s, ${left.toFixed(0)} s left`]};
    },
    cause: 'A request is close to being given up on; mod_wsgi then replaces its whole process.',
    remedy: 'Its stack is kept before that happens; recycle the process by hand only if its other requests may be cut.',
  },
  {
    rule: 'not-answering',
    severity: 'error',
    match: ({lifecycle, processes}) =>
      lifecycle.phase === 'degraded' && selectStopped(processes) === null
        ? {evidence: [lifecycle.detail || 'the probe gets no answer']}
        : null,
    cause: 'Apache runs, but the server does not answer as it should.',
    remedy: 'See the newest problems in Logs, then Requests: all threads busy looks the same from outside.',
  },
  {
    rule: 'disk-wait',
    severity: 'warn',
    match: (state) => {
      const waiting = daemons(state).filter((one) => one.state === 'D');
      return waiting.length === 0 ? null : {evidence: waiting.map((one) => `process ${one.pid} waits for a disk or network file system`)};
    },
    cause: 'A daemon process waits for a disk or a network file system, and cannot be interrupted meanwhile.',
    remedy: 'Check the disk and network mounts of this machine (dmesg, mount).',
  },
  {
    rule: 'stopped-process',
    severity: 'error',
    match: ({processes}) => {
      const stopped = selectStopped(processes) ?? selectStoppedOthers(processes);
      return stopped && {evidence: stopped.effects, cause: `${stopped.text}.`, remedy: `${stopped.remedy}.`};
    },
    cause: 'A process of the server is stopped by a signal or by a debugger, and serves nothing.',
    remedy: 'Continue it with "kill -CONT PID", or leave the debugger that holds it.',
  },
];

import type {Diagnosis} from '../../model/diagnosis.ts';
import type {InstanceState} from '../../model/state.ts';
import type {CapacityOptions} from '../capacity.ts';
import {mean, median, type Reading, type Readings} from '../readings.ts';
import {stateRules} from './state.ts';

export interface CapacityRule {
  rule: string;
  severity: Diagnosis['severity'];
  /** Null when it is not so, or cannot be told yet. */
  match: (
    readings: Readings,
    state: InstanceState,
    options: CapacityOptions,
  ) => Pick<Diagnosis, 'cause' | 'remedy' | 'evidence' | 'place'> | null;
}

/** Share of the threads that is to be busy at the load that was seen: the rest is for its ups and downs. */
const COMFORT = 0.75;
/** Percent of a core from which on a process is held back by the processor: one interpreter cannot use more than 100. */
const HOT = 85;
const MIB = 2 ** 20;
const percent = (share: number) => `${Math.round(share * 100)} %`;
const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;

interface Load {
  capacity: number;
  processes: number;
  utilization: number;
  rate: number;
  queueMs: number;
  /** Requests at once, waiting ones included (Little's law: those that wait are rate × time they wait). */
  demand: number;
  /** Mean time in the application, milliseconds (Little's law the other way round). */
  serviceMs: number;
  cpu: number;
}

function loadOf(readings: readonly Reading[]): Load {
  const {capacity, daemons} = readings.at(-1)!;
  const busy = mean(readings.map((one) => one.busy));
  const rate = mean(readings.map((one) => one.rate));
  const queueMs = median(readings.map((one) => one.queueMs));
  return {
    capacity,
    processes: daemons.length,
    utilization: mean(readings.map((one) => one.busy / one.capacity)),
    rate,
    queueMs,
    demand: busy + (rate * queueMs) / 1000,
    serviceMs: rate === 0 ? 0 : (busy / rate) * 1000,
    cpu: mean(readings.map((one) => mean(one.daemons.map((daemon) => daemon.cpu)))),
  };
}

function figures({capacity, utilization, rate, queueMs, serviceMs, cpu, processes}: Load, seconds: number): string[] {
  return [
    `${percent(utilization)} of ${capacity} threads busy over ${seconds} s`,
    `${rate.toFixed(1)} requests/s of ${Math.round(serviceMs)} ms each, waiting ${Math.round(queueMs)} ms before`,
    `CPU ${Math.round(cpu)} % of one core for each of ${processes} ${processes === 1 ? 'process' : 'processes'}`,
  ];
}

/** Are requests waiting longer than is worth a word: a tenth of a second, and a fifth of the time they take. */
const queues = ({queueMs, serviceMs}: Load) => queueMs >= Math.max(100, serviceMs / 5);

const upstream = stateRules.find(({rule}) => rule === 'same-line')!;

export const capacityRules: readonly CapacityRule[] = [
  {
    rule: 'one-slow-neighbour',
    severity: 'error',
    match: (readings, state, {fewSeconds}) => {
      const last = readings.last(fewSeconds);
      const seen = last && loadOf(last).utilization >= 0.9 ? upstream.match(state) : null;
      if (!seen) return null;
      return {
        cause: 'All threads are taken by requests that wait at the same line for something outside.',
        remedy: 'Give that call a timeout, or keep it out of requests; more threads would only wait there as well.',
        ...seen,
      };
    },
  },
  {
    rule: 'cpu-bound',
    severity: 'warn',
    match: (readings, state, {cpuSeconds}) => {
      const last = readings.last(cpuSeconds);
      if (!last) return null;
      const load = loadOf(last);
      const {cpu, demand, processes, rate} = load;
      if (cpu < HOT || rate === 0 || demand < processes) return null;
      const cores = state.host?.cpuCount ?? 1;
      const wanted = Math.min(cores, Math.max(processes + 1, Math.ceil((processes * cpu) / HOT)));
      const evidence = [
        ...figures(load, cpuSeconds),
        `${cores} processor ${cores === 1 ? 'core' : 'cores'}, load ${(state.host?.load1 ?? 0).toFixed(1)}`,
      ];
      if (wanted <= processes) {
        return {
          cause: 'The daemon processes use all the processors of this machine.',
          remedy:
            'Make the requests cheaper (Stacks shows where the time goes), or move to a bigger machine; more threads or processes do not help.',
          evidence,
        };
      }
      return {
        cause: 'The processes compute all the time, each on the one core that its interpreter (GIL) can use.',
        remedy: `Use more processes, not more threads: --processes ${wanted}.`,
        evidence,
      };
    },
  },
  {
    rule: 'too-few-threads',
    severity: 'warn',
    match: (readings, state, {fewSeconds}) => {
      const last = readings.last(fewSeconds);
      if (!last) return null;
      const load = loadOf(last);
      const {utilization, demand, capacity, processes, rate, cpu} = load;
      if (utilization < 0.9 || rate === 0 || cpu >= HOT || !queues(load) || upstream.match(state)) return null;
      const total = Math.max(capacity + 1, Math.ceil(demand / COMFORT));
      const threads = Math.ceil(total / processes);
      return {
        cause: 'There are too few threads: requests wait for one although the processor has time.',
        remedy:
          processes > 1
            ? `Use --threads ${threads} with ${processes} processes: ${total} in all would have held this load.`
            : `Use --threads ${threads}, which would have held this load.`,
        evidence: [...figures(load, fewSeconds), `${demand.toFixed(1)} requests at once, those that wait included`],
      };
    },
  },
  {
    rule: 'memory-climbs',
    severity: 'warn',
    match: (readings, state, {leakSeconds}) => {
      const last = readings.last(leakSeconds);
      if (!last) return null;
      const climbing = last
        .at(-1)!
        .daemons.flatMap(({pid}) => climb(pid, last) ?? [])
        .toSorted((a, b) => b.perMinute - a.perMinute)[0];
      if (!climbing) return null;
      const {pid, from, to, perMinute} = climbing;
      const requests = Math.round(mean(last.map((one) => one.rate)) * leakSeconds);
      const room = state.host ? state.host.memAvailable / perMinute : null;
      return {
        cause: `Process ${pid} keeps growing: something is remembered and never let go.`,
        remedy:
          'Look for lists and caches at module level that only grow; --maximum-requests replaces the process in time until it is found.',
        evidence: [
          `process ${pid}: ${mib(from)} to ${mib(to)} in ${Math.round(leakSeconds / 60)} min, ${(perMinute / MIB).toFixed(1)} MiB a minute`,
          `${requests} requests in that time`,
          ...(room === null ? [] : [`at that pace the machine is full in ${Math.round(room)} min`]),
        ],
      };
    },
  },
  {
    rule: 'memory-bound',
    severity: 'warn',
    match: (readings, state, {fewSeconds}) => {
      const last = readings.last(fewSeconds);
      const {host} = state;
      if (!last || !host || host.memTotal === 0) return null;
      const {daemons} = last.at(-1)!;
      const each = mean(daemons.map((one) => one.rss));
      if (host.memAvailable > Math.max(each, host.memTotal * 0.05)) return null;
      return {
        cause: 'The machine has no memory for another daemon process; some more and the kernel kills one.',
        remedy: 'Use fewer --processes with more --threads each, and set --memory-limit so that only the process at fault suffers.',
        evidence: [`${daemons.length} processes of ${mib(each)}`, `${mib(host.memAvailable)} of ${mib(host.memTotal)} available`],
      };
    },
  },
  {
    rule: 'too-many-threads',
    severity: 'info',
    match: (readings, _, {manySeconds}) => {
      const last = readings.last(manySeconds);
      if (!last) return null;
      const load = loadOf(last);
      const most = Math.max(...last.map((one) => one.busy));
      const {capacity, processes, utilization, rate} = load;
      if (rate === 0 || capacity <= 4 || utilization > 0.1 || most > capacity / 3) return null;
      const enough = Math.max(2, Math.ceil(most / COMFORT));
      const each = mean(last.at(-1)!.daemons.map((one) => one.rss));
      const perProcess = Math.ceil(capacity / processes);
      const fewer = Math.max(1, Math.ceil(enough / perProcess));
      const evidence = [
        `never more than ${most} of ${capacity} threads busy in ${Math.round(manySeconds / 60)} min, ${percent(utilization)} on average`,
        `${processes} ${processes === 1 ? 'process' : 'processes'} of ${mib(each)}`,
      ];
      if (fewer < processes) {
        return {
          cause: 'There are more processes than this load needs, and each has the whole application in memory.',
          remedy: `--processes ${fewer} would do, and give back about ${mib(each * (processes - fewer))}.`,
          evidence,
        };
      }
      return {
        cause: 'There are more threads than this load needs; they cost little, but hide how much the application could take.',
        remedy: `--threads ${Math.max(2, Math.ceil(enough / processes))} would do.`,
        evidence,
      };
    },
  },
];

/** Grown by a fifth and 20 MiB, in each quarter of the time, and not only while the process warmed up; in bytes a minute. */
function climb(pid: number, readings: readonly Reading[]): {pid: number; from: number; to: number; perMinute: number} | null {
  const sizes = readings.flatMap((one) => {
    const daemon = one.daemons.find((other) => other.pid === pid);
    return daemon ? [{at: one.at, rss: daemon.rss}] : [];
  });
  if (sizes.length < readings.length * 0.9) return null;
  const quarter = Math.floor(sizes.length / 4);
  if (quarter < 1) return null;
  const means = [0, 1, 2, 3].map((index) => mean(sizes.slice(index * quarter, (index + 1) * quarter).map((one) => one.rss)));
  const [first, last] = [means[0]!, means[3]!];
  const grown = last - first;
  const steps = means.slice(1).map((value, index) => value - means[index]!);
  if (grown < 20 * MIB || grown < first * 0.2 || steps.some((step) => step < grown / 8)) return null;
  const minutes = ((sizes.at(-1)!.at - sizes[0]!.at) * 0.75) / 60_000;
  return {pid, from: sizes[0]!.rss, to: sizes.at(-1)!.rss, perMinute: grown / minutes};
}

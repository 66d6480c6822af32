/** Turns what mod_wsgi tells into readings: datagrams of 6.x, and request_metrics() of 4.x and 5.x as the agent passes it on. */
import {PHASES, type PhaseName} from '../../model/phases.ts';
import type {Datagram, FieldValue} from './datagram.ts';
import type {PhaseReading} from './phase-meter.ts';

/** Field ids of the means; the greatest values are 20 further, the buckets 30. */
const MEAN: Record<PhaseName, number> = {
  server: 60,
  queue: 61,
  daemon: 62,
  application: 63,
  request: 64,
  'gil-wait': 65,
  'input-read': 66,
  'output-write': 67,
};
const TO_MAX = 20;
const TO_BUCKETS = 30;
const FIELD = {requests: 20, utilization: 22, threads: 50, active: 52, elapsed: 113, gcDuration: 321};

const number = (value: FieldValue | undefined): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
const numbers = (value: FieldValue | undefined): number[] => (Array.isArray(value) ? value : []);
const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000);

/** The reading in a datagram of kind request_metrics. */
export function readingOf({pid, at, fields}: Datagram): PhaseReading {
  const phases: PhaseReading['phases'] = {};
  for (const phase of PHASES) {
    const counts = numbers(fields.get(MEAN[phase] + TO_BUCKETS));
    if (counts.length === 0) continue;
    phases[phase] = {
      counts,
      mean: milliseconds(number(fields.get(MEAN[phase]))),
      max: milliseconds(number(fields.get(MEAN[phase] + TO_MAX))),
    };
  }
  return {
    at,
    pid,
    requests: number(fields.get(FIELD.requests)) ?? 0,
    phases,
    utilization: number(fields.get(FIELD.utilization)),
    slots: {
      busy: number(fields.get(FIELD.active)) ?? 0,
      total: number(fields.get(FIELD.threads)) ?? 0,
      longest: Math.max(0, ...numbers(fields.get(FIELD.elapsed))),
    },
  };
}

/** Milliseconds of a pass of the garbage collector. */
export function gcOf({fields}: Datagram): number | null {
  return milliseconds(number(fields.get(FIELD.gcDuration)));
}

/** The four phases that 4.x and 5.x know. */
const OLD: readonly PhaseName[] = ['server', 'queue', 'daemon', 'application'];

/**
 * The reading in what request_metrics() of 4.x and 5.x returned in one process; null for the first call, which only begins.
 * Times there are seconds. It comes from inside the application: every value is checked.
 */
export function readingFromMetrics(pid: number, metrics: Record<string, unknown>, at: number): PhaseReading | null {
  const value = (name: string): number | null => number(metrics[name] as FieldValue | undefined);
  const requests = value('request_count');
  if (requests === null) return null;
  const phases: PhaseReading['phases'] = {};
  for (const phase of OLD) {
    const counts = metrics[`${phase}_time_buckets`];
    if (!Array.isArray(counts) || counts.length > 100 || !counts.every((one) => typeof one === 'number')) continue;
    phases[phase] = {counts, mean: milliseconds(value(`${phase}_time`)), max: null};
  }
  return {
    at,
    pid,
    requests,
    phases,
    utilization: value('capacity_utilization'),
    slots: {busy: value('request_threads_active') ?? 0, total: value('request_threads_maximum') ?? 0, longest: 0},
  };
}

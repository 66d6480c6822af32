/** Where the time of requests goes, by phase, from telemetry datagrams (6.x) or request_metrics() through the agent (4.x and 5.x). */

export const PHASES = ['server', 'queue', 'daemon', 'application', 'request', 'gil-wait', 'input-read', 'output-write'] as const;
export type PhaseName = (typeof PHASES)[number];

export interface PhaseFigure {
  phase: PhaseName;
  /** Milliseconds; null where the source has only means, or there were no requests. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  mean: number | null;
  max: number | null;
}

export interface PhaseWindow {
  /** End of the window in milliseconds since the epoch, and its length in seconds. */
  at: number;
  seconds: number;
  source: 'telemetry' | 'request_metrics';
  /** Requests finished in the window. */
  requests: number;
  figures: PhaseFigure[];
  /** Share of the threads' time that was busy, 0 to 1, where known. */
  utilization: number | null;
  /** Garbage collection in the window: passes and milliseconds, where known. */
  gc?: {passes: number; ms: number; maxMs: number};
  /** Worker threads by process: seconds that the one that is busy longest has been at it. */
  slots?: {pid: number; busy: number; total: number; longest: number}[];
  /** Datagrams lost since the start. */
  lost?: number;
}

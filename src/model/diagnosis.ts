/** What something that was seen means, and what to do about it: made by `src/diagnose`, shown beside a log line, a process and an incident. */

/** A line of the application, or of what it calls. */
export interface Place {
  file: string;
  line: number;
  func?: string;
}

export interface Diagnosis {
  /** Name of the rule, for example `truncated-headers`; stable, documented, usable in scripts. */
  rule: string;
  severity: 'error' | 'warn' | 'info';
  /** What it means, in one sentence. May hold text of strangers. */
  cause: string;
  /** What to do, in one sentence. */
  remedy: string;
  /** Figures or words that say so, one a line; for capacity advice the numbers. */
  evidence?: string[];
  place?: Place;
}

import type {Incident} from '../../model/incidents.ts';
import type {LogEntry} from '../../model/log.ts';
import type {StackCapture} from '../../model/stacks.ts';

/** What one incident may hold at most: what is longer is cut, and a page of it can still be read. */
const LIMITS = {captures: 12, threads: 120, frames: 200, text: 2000, more: 200, inFlight: 100, verdicts: 50, processes: 100, reason: 8000};

export function boundCapture(capture: StackCapture): StackCapture {
  // Threads that serve a request tell more than those that wait for one.
  const threads = capture.threads.toSorted((a, b) => Number(b.request !== undefined) - Number(a.request !== undefined));
  return {...capture, threads: threads.slice(0, LIMITS.threads).map((one) => ({...one, frames: one.frames.slice(0, LIMITS.frames)}))};
}

export function boundEntry(entry: LogEntry): LogEntry {
  const more = entry.more?.slice(0, LIMITS.more).map((line) => line.slice(0, LIMITS.text));
  return {...entry, text: entry.text.slice(0, LIMITS.text), ...(more ? {more} : {})};
}

/** The first captures and the newest: how it began, and how it is. */
export function boundCaptures(captures: readonly StackCapture[]): StackCapture[] {
  const half = LIMITS.captures / 2;
  return captures.length <= LIMITS.captures ? [...captures] : [...captures.slice(0, half), ...captures.slice(-half)];
}

export function boundIncident(incident: Incident): Incident {
  return {
    ...incident,
    summary: {...incident.summary, title: incident.summary.title.slice(0, 500)},
    reason: incident.reason.slice(0, LIMITS.reason),
    inFlight: incident.inFlight.slice(0, LIMITS.inFlight),
    verdicts: incident.verdicts.slice(0, LIMITS.verdicts),
    captures: boundCaptures(incident.captures),
    processes: incident.processes.slice(0, LIMITS.processes),
  };
}

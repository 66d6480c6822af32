import type {Place} from '../model/diagnosis.ts';
import type {RestartCause} from '../model/events.ts';
import type {LogEntry} from '../model/log.ts';
import type {RestartRecord} from '../model/state.ts';
import {placeNamed, placeText} from './place.ts';
import type {EntryContext} from './rule.ts';
import {remedyOfRestart} from './rules/restarts.ts';

/**
 * Milliseconds between the end of a daemon and what an Apache child says about a request it was at. The child speaks when the connection breaks:
 * a record by the log is up to shutdown-timeout (5 s unless told) earlier, one by Apache's parent up to a second later.
 */
const BEFORE = 15_000;
const AFTER = 2500;

export interface Link {
  cause: string;
  remedy: string;
  evidence: string[];
  place?: Place;
}

/** Which end of a daemon process is behind an answer that broke off: the one that had this request, else the nearest in time of that group. */
export function behind(entry: LogEntry, {info, restarts}: EntryContext): Link | null {
  const record = nearest(entry, restarts);
  if (!record) return null;
  const request =
    record.inFlight.find((one) => one.id === entry.requestId) ?? record.inFlight.toSorted((a, b) => a.startedAt - b.startedAt)[0];
  const place = placeNamed(request?.at, info);
  const seconds = ((entry.at - record.at) / 1000).toFixed(1);
  return {
    cause: `The daemon process ${record.pid} ended while it was at this request: ${record.text}.`,
    remedy: remedyOfRestart(record.cause),
    evidence: [
      `daemon process ${record.pid} (${record.processGroup}): ${record.cause}, ${Number(seconds) >= 0 ? `${seconds} s before` : `${-Number(seconds)} s after`} this line`,
      ...(request ? [`it was at ${request.method} ${request.url}${place ? `, at ${placeText(place, info)}` : ''}`] : []),
    ],
    ...(place ? {place} : {}),
  };
}

/** Ends that do not cut an answer by themselves. */
const HARMLESS = new Set<RestartCause>(['inactivity-timeout']);
/** Ends that say little: one that says why, near enough, is the likelier reason. */
const VAGUE = new Set<RestartCause>(['unknown', 'shutdown', 'apache-restart']);

function nearest(entry: LogEntry, restarts: readonly RestartRecord[]): RestartRecord | undefined {
  const group = /daemon process '([^']+)'/i.exec(entry.text)?.[1];
  const near = restarts.filter(
    (one) =>
      !HARMLESS.has(one.cause) &&
      one.at > entry.at - BEFORE &&
      one.at < entry.at + AFTER &&
      (group === undefined || one.processGroup === '' || one.processGroup === group),
  );
  const mine = near.filter((one) => entry.requestId !== undefined && one.inFlight.some((request) => request.id === entry.requestId));
  return (mine.length > 0 ? mine : near).toSorted(
    (a, b) => Number(VAGUE.has(a.cause)) - Number(VAGUE.has(b.cause)) || Math.abs(a.at - entry.at) - Math.abs(b.at - entry.at),
  )[0];
}

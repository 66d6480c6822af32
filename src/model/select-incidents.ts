/** Incidents as a list to read, and which of them ask for attention. Pure. */
import type {IncidentKind, IncidentSummary} from './incidents.ts';

/** Those that last first, then the newest. */
export function selectIncidents(incidents: readonly IncidentSummary[]): IncidentSummary[] {
  return incidents.toSorted((a, b) => Number(b.closedAt === null) - Number(a.closedAt === null) || b.openedAt - a.openedAt);
}

/** What visitors suffer from although the server is ready; the lifecycle tells of the rest. */
const GRAVE = new Set<IncidentKind>(['saturated', 'server-errors']);

/** Of those that last the one that harms visitors; whoever only asks whether a server is well must hear of it. */
export function graveIncident(incidents: readonly IncidentSummary[]): IncidentSummary | undefined {
  return incidents.findLast((one) => one.closedAt === null && GRAVE.has(one.kind));
}

/** An incident that is over still asks to be looked at for so long, milliseconds: a crash is over as soon as it is known. */
export const FRESH_MS = 600_000;

/** Does it ask for a look: it lasts, or it is over but fresh and was not looked at. */
export function asksForALook(one: IncidentSummary, seen: ReadonlySet<string>, now: number): boolean {
  if (one.closedAt === null) return true;
  return !one.earlier && one.kind !== 'by-hand' && !seen.has(one.id) && now - one.closedAt < FRESH_MS;
}

/** Processes in the order in which they depend on each other. Pure. */
import type {ProcessRole, ProcessRow} from './events.ts';

const ORDER: Record<ProcessRole, number> = {supervisor: 0, dashboard: 1, guard: 2, apache: 3, daemon: 4, service: 5, child: 6, other: 7};

export function selectProcesses(rows: readonly ProcessRow[]): ProcessRow[] {
  return rows.toSorted((a, b) => ORDER[a.role] - ORDER[b.role] || a.startedAt - b.startedAt || a.pid - b.pid);
}

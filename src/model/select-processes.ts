/** The server's processes first, those that look after it last. Pure. */
import type {ProcessRole, ProcessRow} from './events.ts';

const ORDER: Record<ProcessRole, number> = {apache: 0, daemon: 1, service: 2, child: 3, other: 4, guard: 5, supervisor: 6, dashboard: 7};

export function selectProcesses(rows: readonly ProcessRow[]): ProcessRow[] {
  return rows.toSorted((a, b) => ORDER[a.role] - ORDER[b.role] || a.startedAt - b.startedAt || a.pid - b.pid);
}

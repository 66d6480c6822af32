/** Lines of code in a detail: one of them is marked, and the editor opens there. */
import type {DashboardStore} from './dashboard-store.ts';

/** Marks the next or the previous line of code, and brings it into sight. */
export function markPlace(store: DashboardStore, step: 1 | -1): void {
  const {places, place} = store.frame;
  if (places.length === 0) return store.say('no line of code is shown here', 'dim');
  const next = Math.max(0, Math.min(places.length - 1, place + step));
  const {row} = places[next]!;
  const height = store.frame.body.length;
  const top = Math.min(store.ui.scroll, store.frame.scrollMax);
  // The last row may hold the mark that there is more.
  const scroll = row < top ? row : row > top + height - 2 ? row - height + 2 : top;
  store.change({place: next, scroll: Math.max(0, scroll)});
}

/** Opens the editor at the marked line. */
export async function editPlace(store: DashboardStore): Promise<void> {
  const {places, place} = store.frame;
  const code = places[place]?.place;
  if (code === undefined) return store.say('no line of code is shown here', 'dim');
  const where = `${code.file}:${code.line}`;
  if (!code.file.startsWith('/')) return store.say(`${where} is not a file of this machine`, 'soon');
  if (store.options.onEdit === undefined) return store.say(where, 'dim');
  const problem = await store.options.onEdit(code);
  if (problem !== null) store.say(problem, 'soon', 12_000);
}

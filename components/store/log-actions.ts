/** Keys of the log view: the window is anchored at a sequence number, so that it stands still while new lines come. */
import type {DashboardStore} from './dashboard-store.ts';
import type {Movement} from './movement.ts';
import {LEVELS, LOG_SOURCES, type LogChoice} from './ui-state.ts';

export function logAction(store: DashboardStore, action: 'clear' | 'follow' | 'filter' | 'level' | 'source' | 'open'): void {
  const {log} = store.ui;
  if (action === 'follow') return follow(store);
  if (action === 'filter') return store.change({overlay: {kind: 'filter', text: log.filter, before: log.filter}});
  if (action === 'clear') return choose(store, {filter: ''});
  if (action === 'source') return choose(store, {source: (log.source + 1) % LOG_SOURCES.length});
  if (action === 'level') {
    const now = LEVELS.findIndex((one) => one.level === log.level);
    return choose(store, {level: LEVELS[(now + 1) % LEVELS.length]!.level});
  }
  const entries = shown(store);
  const entry = entries.find((one) => one.seq === store.ui.selected.entry) ?? entries.at(-1);
  if (!entry) return;
  // The window stays where it is, so that coming back finds the same lines.
  store.change({detail: {kind: 'entry', entry}, scroll: 0, ...freeze(store), selected: {...store.ui.selected, entry: entry.seq}});
}

/** Another filter, level or source: back to the newest end, where the answer is. */
export function choose(store: DashboardStore, part: Partial<LogChoice>): void {
  store.change({
    log: {...store.ui.log, ...part, anchor: {mode: 'follow'}, settle: undefined},
    selected: {...store.ui.selected, entry: null},
  });
}

export function moveInLog(store: DashboardStore, how: Movement, page: number, lines: number): void {
  const {ui} = store;
  const entries = shown(store);
  const window = store.fetchers.log.window;
  if (how === 'end') return follow(store);
  if (entries.length === 0 || window === null) return;
  const first = entries[0]!;
  const last = entries.at(-1)!;
  const anchored = (anchor: LogChoice['anchor'], settle: 'first' | 'last') => store.change({log: {...ui.log, anchor, settle}});
  if (how === 'home') return anchored({mode: 'after', seq: 0}, 'first');
  const at = entries.findIndex((one) => one.seq === ui.selected.entry);
  const from = at === -1 ? entries.length - 1 : at;
  const distance = how === 'up' || how === 'down' ? lines : page;
  const to = how === 'up' || how === 'page-up' ? from - distance : from + distance;
  if (to >= 0 && to < entries.length) return store.change({...freeze(store), selected: {...ui.selected, entry: entries[to]!.seq}});
  if (to < 0) {
    if (!window.older) return store.change({...freeze(store), selected: {...ui.selected, entry: first.seq}});
    // The window moves up by as many lines as the selection would leave it.
    const over = Math.min(entries.length, -to);
    const anchor = entries[entries.length - over]!;
    return anchored({mode: 'before', seq: anchor.seq}, 'first');
  }
  if (!window.newer)
    return at === entries.length - 1 || ui.log.anchor.mode === 'follow'
      ? follow(store)
      : store.change({selected: {...ui.selected, entry: last.seq}});
  const over = Math.min(entries.length, to - entries.length + 1);
  anchored({mode: 'after', seq: entries[over - 1]!.seq}, 'last');
}

/** The window that was moved has come: its edge is selected. */
export function settleLog(store: DashboardStore): void {
  const {ui} = store;
  const {settle, ...log} = ui.log;
  if (settle === undefined || store.fetchers.log.answered !== ui.log) return;
  const entry = settle === 'first' ? shown(store)[0] : shown(store).at(-1);
  store.fetchers.log.answered = log;
  store.ui = {...ui, log, selected: {...ui.selected, entry: entry?.seq ?? null}};
}

function follow(store: DashboardStore): void {
  store.change({log: {...store.ui.log, anchor: {mode: 'follow'}, settle: undefined}, selected: {...store.ui.selected, entry: null}});
}

/** Stops following: the same lines stay on the screen. */
function freeze(store: DashboardStore): {log: LogChoice} | Record<string, never> {
  const {log} = store.ui;
  const last = store.fetchers.log.window?.entries.at(-1);
  return log.anchor.mode === 'follow' && last ? {log: {...log, anchor: {mode: 'before', seq: last.seq + 1}}} : {};
}

function shown(store: DashboardStore) {
  return store.fetchers.log.window?.entries ?? [];
}

/** Up, down, pages, both ends: in lists the selection moves, in texts the window. */
import {selectIncidents} from '../../src/model/select-incidents.ts';
import {selectProcesses} from '../../src/model/select-processes.ts';
import {bodyHeight} from '../present/present-frame.ts';
import {circumstances} from '../present/present-offered.ts';
import {menuChoices} from '../present/menu-choices.ts';
import {overviewItems} from '../present/overview-items.ts';
import {paletteItems} from '../present/present-palette.ts';
import {moveInConfig, pickInConfig} from './config-actions.ts';
import type {DashboardStore} from './dashboard-store.ts';
import {moveInLog} from './log-actions.ts';
import {step} from './step.ts';
import {moveInTerminal} from './terminal-actions.ts';
import type {UiState, View} from './ui-state.ts';

export type Movement = 'up' | 'down' | 'page-up' | 'page-down' | 'home' | 'end';

export function move(store: DashboardStore, how: Movement, lines = 1): void {
  const {ui} = store;
  const page = Math.max(1, bodyHeight(store.snapshot) - 2);
  if (ui.overlay?.kind === 'palette') {
    const last = paletteItems(ui.overlay.text, circumstances(store.snapshot)).length - 1;
    return store.change({overlay: {...ui.overlay, index: step(ui.overlay.index, last, how, page, lines)}});
  }
  if (ui.overlay?.kind === 'menu') {
    const last = menuChoices(ui.overlay.of, store.snapshot).length - 1;
    return store.change({overlay: {...ui.overlay, index: step(ui.overlay.index, last, how, page, lines)}});
  }
  if (ui.overlay?.kind === 'help' || ui.detail) {
    const last = store.frame.scrollMax;
    // The end stays the end while source lines are still coming in.
    return store.change({scroll: how === 'end' ? Infinity : step(Math.min(ui.scroll, last), last, how, page, lines)});
  }
  if (ui.view === 'logs') return moveInLog(store, how, page, lines);
  if (ui.view === 'config') return moveInConfig(store, how, page, lines);
  if (ui.view === 'terminal') return moveInTerminal(store, how, page, lines);
  const keys = listKeys(store);
  if (keys.length === 0) return;
  const current = Math.max(0, keys.indexOf(selectedKey(store)));
  selectIndex(store, step(current, keys.length - 1, how, page, lines));
}

/** Selects the item at an index of the list on the screen (a mouse click). */
export function selectIndex(store: DashboardStore, index: number): void {
  const {ui} = store;
  if (ui.view === 'config') return pickInConfig(store, index);
  const key = listKeys(store)[index];
  if (key === undefined) return;
  store.change({selected: {...ui.selected, [FIELDS[ui.view] ?? 'request']: key}});
}

/** What of `UiState.selected` each list moves. */
const FIELDS: Partial<Record<View, keyof UiState['selected']>> = {
  overview: 'item',
  requests: 'request',
  stacks: 'capture',
  processes: 'pid',
  incidents: 'incident',
};

function listKeys(store: DashboardStore): (string | number)[] {
  const {state} = store.snapshot;
  switch (store.ui.view) {
    case 'overview':
      return overviewItems(store.snapshot).map((one) => one.key);
    case 'stacks':
      return state.captures.toReversed().map((one) => one.id);
    case 'processes':
      return selectProcesses(state.processes).map((one) => one.pid);
    case 'incidents':
      return selectIncidents(state.incidents).map((one) => one.id);
    default:
      return state.requests.map((one) => one.id);
  }
}

function selectedKey(store: DashboardStore): string | number {
  const {view, selected} = store.ui;
  return selected[FIELDS[view] ?? 'request'] ?? '';
}

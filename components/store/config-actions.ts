/** Keys of the Config view: two parts, each with a cursor; sections; search. */
import {headings} from '../../src/model/config-sections.ts';
import {configRoom} from '../present/present-config.ts';
import {bodyHeight} from '../present/present-frame.ts';
import {hitFrom, searchConfig} from './config-search.ts';
import type {DashboardStore} from './dashboard-store.ts';
import type {Movement} from './movement.ts';
import {step} from './step.ts';
import type {ConfigChoice} from './ui-state.ts';

export type ConfigAction = 'part' | 'search' | 'clear' | 'next-hit' | 'previous-hit' | 'next-section' | 'previous-section';

export function configAction(store: DashboardStore, action: ConfigAction): void {
  const {config} = store.ui;
  switch (action) {
    case 'part': {
      const part = config.part === 'options' ? 'file' : 'options';
      return choose(store, {part, ...searchConfig(store.fetchers.config.current, part, config.search)});
    }
    case 'search':
      return store.change({overlay: {kind: 'search', text: '', before: config}});
    case 'clear':
      return choose(store, {search: '', hits: [], error: null});
    case 'next-hit':
    case 'previous-hit':
      return toHit(store, action === 'next-hit' ? 1 : -1);
    case 'next-section':
      return toSection(store, 1);
    case 'previous-section':
      return toSection(store, -1);
  }
}

/** What is typed is looked for at once, from where the cursor was when the search began. */
export function typeSearch(store: DashboardStore, text: string): void {
  const {overlay} = store.ui;
  if (overlay?.kind !== 'search') return;
  store.change({overlay: {...overlay, text}});
  const found = searchConfig(store.fetchers.config.current, overlay.before.part, text);
  choose(store, {...overlay.before, search: text, ...found});
  const hit = hitFrom(found.hits, cursorOf(overlay.before), 1);
  if (hit !== undefined) place(store, hit, 'middle');
}

/** Ends the typing of a search: keeps it, or puts everything back. */
export function endSearch(store: DashboardStore, keep: boolean): void {
  const {overlay} = store.ui;
  if (overlay?.kind !== 'search') return;
  const dropped = !keep || overlay.text === '';
  store.change({overlay: null, ...(dropped ? {config: overlay.before} : {})});
}

export function moveInConfig(store: DashboardStore, how: Movement, page: number, lines: number): void {
  place(store, step(cursorOf(store.ui.config), length(store) - 1, how, page, lines), 'near');
}

/** The cursor on an option or a line (a mouse click). */
export function pickInConfig(store: DashboardStore, index: number): void {
  place(store, index, 'near');
}

/** An answer has come: what was searched in the one before is searched again. */
export function settleConfig(store: DashboardStore): void {
  const {config} = store.ui;
  store.ui = {...store.ui, config: {...config, ...searchConfig(store.fetchers.config.current, config.part, config.search)}};
}

function toHit(store: DashboardStore, way: 1 | -1): void {
  const {config} = store.ui;
  if (config.search === '') return store.say('nothing is searched for: / searches', 'dim');
  const hit = hitFrom(config.hits, cursorOf(config) + way, way);
  if (hit === undefined) return store.say(config.error ?? 'not found', 'soon');
  place(store, hit, 'middle');
}

function toSection(store: DashboardStore, way: 1 | -1): void {
  const view = store.fetchers.config.current;
  if (view === null) return;
  const {config} = store.ui;
  const starts = config.part === 'file' ? headings(view.lines) : areaStarts(view.options);
  const cursor = cursorOf(config);
  const to = way === 1 ? starts.find((one) => one > cursor) : starts.findLast((one) => one < cursor);
  if (to !== undefined) place(store, to, 'top');
}

function areaStarts(options: readonly {area: string}[]): number[] {
  return options.flatMap((one, index) => (one.area === options[index - 1]?.area ? [] : [index]));
}

/** Moves the cursor, and the window of the file only as far as it must. */
function place(store: DashboardStore, to: number, where: 'near' | 'middle' | 'top'): void {
  const {config} = store.ui;
  const at = Math.max(0, Math.min(to, length(store) - 1));
  if (config.part === 'options') return choose(store, {option: at});
  const room = Math.max(1, configRoom(bodyHeight(store.snapshot)));
  const near = Math.max(at - room + 1, Math.min(config.top, at));
  const outside = near !== config.top;
  const top = where === 'top' ? at - 1 : where === 'middle' && outside ? at - Math.floor(room / 2) : near;
  choose(store, {line: at, top: Math.max(0, Math.min(top, length(store) - room))});
}

function choose(store: DashboardStore, part: Partial<ConfigChoice>): void {
  store.change({config: {...store.ui.config, ...part}});
}

function cursorOf(config: ConfigChoice): number {
  return config.part === 'options' ? config.option : config.line;
}

function length(store: DashboardStore): number {
  const view = store.fetchers.config.current;
  return (store.ui.config.part === 'options' ? view?.options.length : view?.lines.length) ?? 0;
}

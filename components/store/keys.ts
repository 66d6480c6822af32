/** From a key press, pasted text or the mouse to an action. */
import {bindingFor} from '../../src/terminal/keymap.ts';
import type {MouseEvent} from '../../src/terminal/input.ts';
import {runAction} from './actions.ts';
import {endSearch, typeSearch} from './config-actions.ts';
import type {DashboardStore} from './dashboard-store.ts';
import {choose as chooseLog} from './log-actions.ts';
import {move, selectIndex} from './movement.ts';
import {confirmed} from './server-actions.ts';
import {leavePane} from './terminal-actions.ts';
import {placeOf} from './ui-state.ts';

const WHEEL_LINES = 3;
const MOST_TYPED = 200;

/** One key by its name. `typed` is the text it stands for, where it is one. */
export function pressKey(store: DashboardStore, key: string, typed: string): void {
  const place = placeOf(store.ui, store.snapshot.state.lifecycle.phase === 'failed');
  if (key === 'ctrl-c') return runAction(store, 'interrupt');
  if (place === 'confirm') return answer(store, key);
  if (place === 'filter') return inFilter(store, key, typed);
  if (place === 'search') return inSearch(store, key, typed);
  if (place === 'palette' && inPalette(store, key, typed)) return;
  const binding = bindingFor(key, place, store.deck.state().replay !== undefined);
  if (!binding) return;
  if (binding.changes === true && store.readOnly) return store.refuse();
  runAction(store, binding.action);
}

/** Text that came in one piece: pasted, or typed faster than it was read. It never runs commands. */
export function pasteText(store: DashboardStore, text: string): void {
  const line = text.replace(/[\r\n]+/g, ' ');
  const {overlay} = store.ui;
  if (overlay?.kind === 'filter') typeFilter(store, overlay.text + line);
  else if (overlay?.kind === 'search') typeSearch(store, (overlay.text + line).slice(0, MOST_TYPED));
  else if (overlay?.kind === 'palette') store.change({overlay: {...overlay, text: (overlay.text + line).slice(0, MOST_TYPED), index: 0}});
}

export function pointMouse(store: DashboardStore, event: MouseEvent): void {
  if (event.kind === 'wheel-up') return move(store, 'up', WHEEL_LINES);
  if (event.kind === 'wheel-down') return move(store, 'down', WHEEL_LINES);
  if (event.kind !== 'down' || event.button !== 0) return;
  const hit = store.hitAt(event.x, event.y);
  if (hit === null) return;
  // Whoever clicks on something of ours is done with the other terminal.
  if (store.ui.pane.typing) leavePane(store);
  if (hit.type === 'view') return runAction(store, `view-${hit.index}`);
  if (hit.type === 'action') return runAction(store, hit.action);
  clickItem(store, hit.index);
}

/** The first click selects, a click on what is selected opens it. */
function clickItem(store: DashboardStore, index: number): void {
  const {ui} = store;
  const {overlay} = ui;
  if (overlay?.kind === 'palette' || overlay?.kind === 'menu') {
    store.change({overlay: {...overlay, index}});
    return runAction(store, 'choose');
  }
  if (ui.detail !== null) {
    if (ui.place === index) return runAction(store, 'edit');
    return store.change({place: index});
  }
  const before = JSON.stringify(ui.selected);
  if (ui.view === 'logs') store.change({selected: {...ui.selected, entry: index}});
  else selectIndex(store, index);
  if (JSON.stringify(store.ui.selected) === before) runAction(store, 'open');
}

function answer(store: DashboardStore, key: string): void {
  if (key === 'y' || key === 'Y') return confirmed(store);
  if (key === 'n' || key === 'N' || key === 'esc' || key === 'q') store.change({confirm: null});
}

function inFilter(store: DashboardStore, key: string, typed: string): void {
  const {overlay} = store.ui;
  if (overlay?.kind !== 'filter') return;
  if (key === 'enter') return store.change({overlay: null});
  if (key === 'esc') {
    store.change({overlay: null});
    return chooseLog(store, {filter: overlay.before});
  }
  if (key === 'backspace') return typeFilter(store, [...overlay.text].slice(0, -1).join(''));
  if (key === 'ctrl-u') return typeFilter(store, '');
  if (typed !== '') typeFilter(store, overlay.text + typed);
}

function inSearch(store: DashboardStore, key: string, typed: string): void {
  const {overlay} = store.ui;
  if (overlay?.kind !== 'search') return;
  if (key === 'enter' || key === 'esc') return endSearch(store, key === 'enter');
  const text = key === 'backspace' ? [...overlay.text].slice(0, -1).join('') : key === 'ctrl-u' ? '' : overlay.text + typed;
  if (text !== overlay.text) typeSearch(store, text.slice(0, MOST_TYPED));
}

/** The log answers while the filter is being typed. */
function typeFilter(store: DashboardStore, text: string): void {
  const {overlay} = store.ui;
  if (overlay?.kind !== 'filter') return;
  const cut = text.slice(0, MOST_TYPED);
  store.change({overlay: {...overlay, text: cut}});
  chooseLog(store, {filter: cut});
}

/** Keys that are text in the palette; true when this was one. */
function inPalette(store: DashboardStore, key: string, typed: string): boolean {
  const {overlay} = store.ui;
  if (overlay?.kind !== 'palette') return false;
  if (key === 'esc') {
    store.change({overlay: null});
    return true;
  }
  if (key === 'backspace') {
    const text = [...overlay.text].slice(0, -1).join('');
    store.change({overlay: overlay.text === '' ? null : {...overlay, text, index: 0}});
    return true;
  }
  if (typed === '') return false;
  store.change({overlay: {...overlay, text: (overlay.text + typed).slice(0, MOST_TYPED), index: 0}});
  return true;
}

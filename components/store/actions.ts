/** What the keys do. One line for each action of the key table; the work is done elsewhere. */
import {circumstances} from '../present/present-offered.ts';
import {paletteItems} from '../present/present-palette.ts';
import {configAction} from './config-actions.ts';
import type {DashboardStore} from './dashboard-store.ts';
import {interrupt, quit} from './leave-actions.ts';
import {logAction} from './log-actions.ts';
import {move} from './movement.ts';
import {open, openPage, showBeside, showView} from './open-actions.ts';
import {editPlace, markPlace} from './place-actions.ts';
import {replayAction} from './replay-actions.ts';
import {
  ask,
  carryOut,
  chooseInMenu,
  endRequest,
  exportIncident,
  fileIncident,
  openSignals,
  recycle,
  stacksOfOne,
} from './server-actions.ts';
import {leavePane, typeThere} from './terminal-actions.ts';
import {VIEW_KEYS, viewsOf} from './ui-state.ts';

/** Carries out an action by its name in the key table. */
export function runAction(store: DashboardStore, action: string): void {
  const {ui} = store;
  switch (action) {
    case 'view-1':
    case 'view-2':
    case 'view-3':
    case 'view-4':
    case 'view-5':
    case 'view-6':
    case 'view-7':
    case 'view-8':
      return showView(
        store,
        viewsOf(store.snapshot.state).find((view) => VIEW_KEYS[view] === Number(action.slice(5))),
      );
    case 'next-view':
      return showBeside(store, 1);
    case 'previous-view':
      return showBeside(store, -1);
    case 'type':
      return typeThere(store);
    case 'leave-pane':
      return leavePane(store);
    case 'up':
    case 'down':
    case 'page-up':
    case 'page-down':
    case 'home':
    case 'end':
      return move(store, action);
    case 'open':
      return open(store);
    case 'advice':
    case 'reloads':
    case 'foreign':
      return openPage(store, action);
    case 'back':
      if (ui.overlay) return store.change({overlay: null, scroll: 0});
      return store.change({detail: null, scroll: 0, place: null});
    case 'part':
    case 'search':
    case 'next-hit':
    case 'previous-hit':
    case 'next-section':
    case 'previous-section':
      return configAction(store, action);
    case 'clear':
      return ui.view === 'config' ? configAction(store, action) : logAction(store, action);
    case 'follow':
    case 'filter':
    case 'level':
    case 'source':
      return logAction(store, action);
    case 'edit':
      return void editPlace(store);
    case 'next-place':
      return markPlace(store, 1);
    case 'previous-place':
      return markPlace(store, -1);
    case 'fold':
      return store.change({folded: !ui.folded, place: null});
    case 'alone':
      return store.change({alone: !ui.alone, place: null, scroll: 0});
    case 'help':
      return store.change({overlay: {kind: 'help'}, scroll: 0});
    case 'palette':
      return store.change({overlay: {kind: 'palette', text: '', index: 0}});
    case 'choose':
      return choose(store);
    case 'zoom':
      return store.change({zoom: !ui.zoom});
    case 'mouse':
      return letGoOfMouse(store);
    case 'signal':
      return openSignals(store);
    case 'stacks':
      return void carryOut(store, {type: 'stacks'}, 'taking the stacks of all daemon processes');
    case 'stacks-one':
      return stacksOfOne(store);
    case 'end-request':
      return endRequest(store);
    case 'recycle':
      return recycle(store);
    case 'file-incident':
      return fileIncident(store);
    case 'export':
      return exportIncident(store);
    case 'replay-pause':
    case 'replay-slower':
    case 'replay-faster':
    case 'replay-back':
    case 'replay-forward':
    case 'replay-next':
    case 'replay-previous':
      return replayAction(store, action);
    case 'reload':
      return void carryOut(store, {type: 'reload'}, 'reloading');
    case 'retry':
      return void carryOut(store, {type: 'restart', graceful: false}, 'starting Apache again');
    case 'restart':
      return ask(store, 'Restart Apache?', {type: 'restart', graceful: false}, {requests: 'cuts'});
    case 'restart-graceful':
      return ask(store, 'Restart gracefully?', {type: 'restart', graceful: true}, {requests: 'gives 3 s'});
    case 'stop':
      return ask(store, 'Stop the server?', {type: 'stop', now: false}, {requests: 'waits'});
    case 'stop-now':
      return ask(store, 'Stop now?', {type: 'stop', now: true}, {requests: 'cuts'});
    case 'quit':
      return quit(store);
    case 'interrupt':
      return interrupt(store);
    case 'background':
      return store.say(
        store.options.quitMeans === 'detach'
          ? 'not put in the background: q leaves, the server goes on'
          : 'not put in the background; wsgideck attach opens another screen',
        'dim',
      );
  }
}

function choose(store: DashboardStore): void {
  const {overlay} = store.ui;
  if (overlay?.kind === 'menu') return chooseInMenu(store);
  if (overlay?.kind !== 'palette') return;
  const item = paletteItems(overlay.text, circumstances(store.snapshot))[overlay.index];
  store.change({overlay: null});
  if (item) runAction(store, item.action);
}

function letGoOfMouse(store: DashboardStore): void {
  const {mouse} = store.ui;
  store.options.onMouse(!mouse);
  store.change({mouse: !mouse});
  store.say(mouse ? 'the mouse is yours: select text with it; m takes it back' : 'the mouse works here again; m lets go of it', 'dim');
}

/** What the keys do. One function for each action of the key table. */
import type {Command} from '../../src/model/commands.ts';
import {selectAttention} from '../../src/model/select-attention.ts';
import {selectProcesses} from '../../src/model/select-processes.ts';
import {signalChoices} from '../present/present-menu.ts';
import {paletteItems} from '../present/present-palette.ts';
import {configAction} from './config-actions.ts';
import type {DashboardStore} from './dashboard-store.ts';
import {logAction} from './log-actions.ts';
import {move} from './movement.ts';
import {leavePane, typeThere} from './terminal-actions.ts';
import {VIEW_KEYS, viewsOf, type Confirmation, type View} from './ui-state.ts';

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
      return show(
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
    case 'back':
      if (ui.overlay) return store.change({overlay: null, scroll: 0});
      return store.change({detail: null, scroll: 0});
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
    case 'fold':
      return store.change({folded: !ui.folded});
    case 'help':
      return store.change({overlay: {kind: 'help'}, scroll: 0});
    case 'palette':
      return store.change({overlay: {kind: 'palette', text: '', index: 0}});
    case 'choose':
      return choose(store);
    case 'zoom':
      return store.change({zoom: !ui.zoom});
    case 'mouse':
      store.options.onMouse(!ui.mouse);
      store.change({mouse: !ui.mouse});
      return store.say(
        ui.mouse ? 'the mouse is yours: select text with it; m takes it back' : 'the mouse works here again; m lets go of it',
        'dim',
      );
    case 'signal':
      return openSignals(store);
    case 'stacks':
      return void carryOut(store, {type: 'stacks'}, 'taking the stacks of all daemon processes');
    case 'reload':
      return void carryOut(store, {type: 'reload'}, 'reloading');
    case 'retry':
      return void carryOut(store, {type: 'restart', graceful: false}, 'starting Apache again');
    case 'restart':
      return confirm(store, {type: 'restart', graceful: false}, 'Restart Apache?', 'cuts');
    case 'restart-graceful':
      return confirm(store, {type: 'restart', graceful: true}, 'Restart gracefully?', 'gives 3 s');
    case 'stop':
      return confirm(store, {type: 'stop', now: false}, 'Stop the server?', 'waits');
    case 'stop-now':
      return confirm(store, {type: 'stop', now: true}, 'Stop now?', 'cuts');
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

/** Sends a command and shows what came of it. */
export async function carryOut(store: DashboardStore, command: Command, doing: string): Promise<void> {
  store.say(doing, 'dim', 60_000);
  const result = await store.deck.send(command).catch((error: Error) => ({ok: false, text: error.message, captures: undefined}));
  store.say(result.text, result.ok ? 'plain' : 'now', result.ok ? 6000 : 12_000);
  const first = result.captures?.at(0);
  // Stacks that were asked for are wanted now; the list is one key away.
  if (first && command.type === 'stacks')
    store.change({view: 'stacks', detail: null, scroll: 0, selected: {...store.ui.selected, capture: first.id}});
}

/** Yes to the question in the footer. */
export function confirmed(store: DashboardStore): void {
  const {confirm: question} = store.ui;
  if (!question) return;
  const {command} = question;
  store.change({confirm: null, ...(command.type === 'stop' ? {stops: command.now ? 2 : 1} : {})});
  void carryOut(store, command, 'on its way');
}

function showBeside(store: DashboardStore, step: 1 | -1): void {
  const views = viewsOf(store.snapshot.state);
  show(store, views[(views.indexOf(store.ui.view) + views.length + step) % views.length]);
}

function show(store: DashboardStore, view: View | undefined): void {
  if (view === undefined) return;
  if (store.ui.pane.typing) leavePane(store);
  store.change({view, detail: null, overlay: null, scroll: 0, status: null});
}

function open(store: DashboardStore): void {
  const {state} = store.snapshot;
  const {ui} = store;
  if (ui.view === 'overview' || ui.view === 'requests') {
    const request = state.requests.find((one) => one.id === ui.selected.request) ?? state.requests[0];
    if (request) {
      const {id, pid, ident, method, url, startedAt} = request;
      return store.change({
        detail: {kind: 'request', id, pid, ident, method, url, startedAt},
        scroll: 0,
        selected: {...ui.selected, request: id},
      });
    }
    const first = selectAttention(state, store.now())[0]?.opens;
    if (first?.type === 'capture') return store.change({view: 'stacks', detail: {kind: 'capture', id: first.id}, scroll: 0});
    return;
  }
  if (ui.view === 'stacks') {
    const capture = state.captures.find((one) => one.id === ui.selected.capture) ?? state.captures.at(-1);
    if (capture) store.change({detail: {kind: 'capture', id: capture.id}, scroll: 0, selected: {...ui.selected, capture: capture.id}});
    return;
  }
  if (ui.view === 'logs') return logAction(store, 'open');
  if (ui.view === 'processes') openSignals(store);
}

function openSignals(store: DashboardStore): void {
  if (store.options.readOnly) return store.say('this screen may only look', 'soon');
  const rows = selectProcesses(store.snapshot.state.processes);
  const process = rows.find((one) => one.pid === store.ui.selected.pid) ?? rows[0];
  if (process) store.change({overlay: {kind: 'menu', pid: process.pid, index: 0}});
}

function choose(store: DashboardStore): void {
  const {overlay} = store.ui;
  if (overlay?.kind === 'palette') {
    const item = paletteItems(overlay.text, store.options.readOnly)[overlay.index];
    store.change({overlay: null});
    if (item) runAction(store, item.action);
  } else if (overlay?.kind === 'menu') {
    const process = store.snapshot.state.processes.find((one) => one.pid === overlay.pid);
    store.change({overlay: null});
    if (!process) return store.say(`process ${overlay.pid} is gone`, 'soon');
    const {signal} = signalChoices(process)[overlay.index]!;
    confirm(store, {type: 'signal', pid: process.pid, signal}, `Send ${signal} to ${process.role} ${process.pid}?`);
  }
}

function confirm(store: DashboardStore, command: Command, question: string, requests?: Confirmation['requests']): void {
  if (store.options.readOnly) return store.say('this screen may only look', 'soon');
  store.change({confirm: {question, command, ...(requests ? {requests} : {})}, overlay: null});
}

function quit(store: DashboardStore): void {
  if (store.options.quitMeans === 'detach' || store.options.readOnly) return store.leave(0);
  const {state} = store.snapshot;
  if (state.lifecycle.phase === 'failed') {
    store.change({stops: 2});
    return void carryOut(store, {type: 'stop', now: true}, 'leaving').then(() => store.leave(0));
  }
  if (state.requests.length > 0) return confirm(store, {type: 'stop', now: false}, 'Quit and stop the server?', 'waits');
  stopGracefully(store);
}

/** Ctrl-C. Where the server is not ours to stop by habit, it only leaves the screen. */
function interrupt(store: DashboardStore): void {
  if (store.options.quitMeans === 'detach' || store.options.readOnly) return store.leave(0);
  if (store.ui.stops === 0) return stopGracefully(store);
  store.change({stops: 2, confirm: null, overlay: null});
  void carryOut(store, {type: 'stop', now: true}, 'stopping now: requests in flight are cut');
}

function stopGracefully(store: DashboardStore): void {
  const busy = store.snapshot.state.requests.length > 0;
  store.change({stops: 1, confirm: null, overlay: null, detail: null, scroll: 0, ...(busy ? {view: 'requests' as const} : {})});
  void carryOut(store, {type: 'stop', now: false}, 'stopping gracefully; ctrl-c again stops now');
}

/** What `enter` opens, and the pages that belong to no list. */
import type {Opens} from '../../src/model/select-attention.ts';
import {selectIncidents} from '../../src/model/select-incidents.ts';
import {selectedItem} from '../present/overview-items.ts';
import type {DashboardStore} from './dashboard-store.ts';
import {logAction} from './log-actions.ts';
import {openSignals} from './server-actions.ts';
import {leavePane} from './terminal-actions.ts';
import {viewsOf, type Detail, type PageName, type View} from './ui-state.ts';

/** Opens what is selected in the view. */
export function open(store: DashboardStore): void {
  const {state} = store.snapshot;
  const {view, selected} = store.ui;
  switch (view) {
    case 'overview': {
      const item = selectedItem(store.snapshot);
      if (item === undefined) return;
      if ('request' in item) return openRequest(store, item.request);
      return item.concern.opens === null ? undefined : follow(store, item.concern.opens);
    }
    case 'requests':
      return openRequest(store, selected.request);
    case 'stacks': {
      const capture = state.captures.find((one) => one.id === selected.capture) ?? state.captures.at(-1);
      if (capture) show(store, {kind: 'capture', id: capture.id}, {selected: {...selected, capture: capture.id}});
      return;
    }
    case 'logs':
      return logAction(store, 'open');
    case 'incidents': {
      const list = selectIncidents(state.incidents);
      const incident = list.find((one) => one.id === selected.incident) ?? list[0];
      if (incident) openIncident(store, incident.id);
      return;
    }
    case 'processes':
      return openSignals(store);
  }
}

/** Goes where a concern leads. */
function follow(store: DashboardStore, opens: Opens): void {
  switch (opens.type) {
    case 'request':
      return openRequest(store, opens.id);
    case 'capture':
      return show(store, {kind: 'capture', id: opens.id});
    case 'incident':
      return openIncident(store, opens.id);
    case 'entry':
      return show(store, {kind: 'entry', entry: opens.entry});
    case 'page':
      return openPage(store, opens.page);
    case 'view':
      return showView(store, opens.view);
  }
}

export function openPage(store: DashboardStore, page: PageName): void {
  show(store, {kind: page});
}

export function openIncident(store: DashboardStore, id: string): void {
  const {ui} = store;
  show(store, {kind: 'incident', id}, {selected: {...ui.selected, incident: id}, seen: new Set([...ui.seen, id])});
}

function openRequest(store: DashboardStore, id: string | null): void {
  const {requests} = store.snapshot.state;
  const request = requests.find((one) => one.id === id) ?? requests[0];
  if (!request) return;
  const {pid, ident, method, url, startedAt} = request;
  show(
    store,
    {kind: 'request', id: request.id, pid, ident, method, url, startedAt},
    {selected: {...store.ui.selected, request: request.id}},
  );
}

function show(store: DashboardStore, detail: Detail, part: Partial<DashboardStore['ui']> = {}): void {
  store.change({detail, overlay: null, scroll: 0, place: null, ...part});
}

/** Another view. Incidents that were listed there have been seen. */
export function showView(store: DashboardStore, view: View | undefined): void {
  if (view === undefined) return;
  const {ui} = store;
  if (ui.pane.typing) leavePane(store);
  const seen = ui.view === 'incidents' && view !== 'incidents' ? new Set(store.snapshot.state.incidents.map((one) => one.id)) : ui.seen;
  store.change({view, detail: null, overlay: null, scroll: 0, place: null, status: null, seen});
}

export function showBeside(store: DashboardStore, step: 1 | -1): void {
  const views = viewsOf(store.snapshot.state);
  showView(store, views[(views.indexOf(store.ui.view) + views.length + step) % views.length]);
}

/** Leaving the screen, with or without the server. */
import type {DashboardStore} from './dashboard-store.ts';
import {ask, carryOut} from './server-actions.ts';

export function quit(store: DashboardStore): void {
  if (store.options.quitMeans === 'detach' || store.readOnly) return store.leave(0);
  const {state} = store.snapshot;
  if (state.lifecycle.phase === 'failed') {
    store.change({stops: 2});
    return void carryOut(store, {type: 'stop', now: true}, 'leaving').then(() => store.leave(0));
  }
  if (state.requests.length > 0) return ask(store, 'Quit and stop the server?', {type: 'stop', now: false}, {requests: 'waits'});
  stopGracefully(store);
}

/** Ctrl-C. Where the server is not ours to stop by habit, it only leaves the screen. */
export function interrupt(store: DashboardStore): void {
  if (store.options.quitMeans === 'detach' || store.readOnly) return store.leave(0);
  if (store.ui.stops === 0) return stopGracefully(store);
  store.change({stops: 2, confirm: null, overlay: null});
  void carryOut(store, {type: 'stop', now: true}, 'stopping now: requests in flight are cut');
}

function stopGracefully(store: DashboardStore): void {
  const busy = store.snapshot.state.requests.length > 0;
  store.change({stops: 1, confirm: null, overlay: null, detail: null, scroll: 0, ...(busy ? {view: 'requests' as const} : {})});
  void carryOut(store, {type: 'stop', now: false}, 'stopping gracefully; ctrl-c again stops now');
}

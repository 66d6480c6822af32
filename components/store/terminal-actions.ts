/** Keys of the terminal of debug mode: going in, coming out, looking back. */
import {bodyHeight} from '../present/present-frame.ts';
import type {DashboardStore} from './dashboard-store.ts';
import type {Movement} from './movement.ts';

/** From here on what is typed goes to the program, until ctrl-] is pressed. */
export function typeThere(store: DashboardStore): void {
  if (store.readOnly) return store.refuse();
  store.options.onCapture?.({
    send: (keys) => {
      // An answer to another question than that of the program: a stop that is being confirmed, a view that was clicked on.
      store.fetchers.terminal.type(keys, (reason) => store.say(reason, 'soon'));
    },
    leave: () => leavePane(store),
  });
  store.change({pane: {typing: true, back: 0}, status: null});
}

export function leavePane(store: DashboardStore): void {
  store.options.onCapture?.(null);
  store.change({pane: {...store.ui.pane, typing: false}});
}

/** Looks at what has gone off the top. */
export function moveInTerminal(store: DashboardStore, how: Movement, page: number, lines: number): void {
  const {back} = store.ui.pane;
  const above = store.fetchers.terminal.screen?.above ?? 0;
  const to = {up: back + lines, down: back - lines, 'page-up': back + page, 'page-down': back - page, home: above, end: 0}[how];
  store.change({pane: {...store.ui.pane, back: Math.max(0, Math.min(above, to))}});
}

/** What the view can show of it; null while it is not on the screen. */
export function terminalWish(store: DashboardStore, columns: number, rows: number) {
  const {ui} = store;
  if (ui.view !== 'terminal' || ui.detail !== null || ui.overlay !== null) return null;
  return {cols: columns, rows: bodyHeight({rows, ui}), back: ui.pane.back};
}

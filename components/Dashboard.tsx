import {Box, useInput, usePaste, useWindowSize, type DOMElement} from 'ink';
import {useLayoutEffect, useRef, useSyncExternalStore} from 'react';
import {keyName, typedKeys} from '../src/terminal/key-names.ts';
import {Region} from './Region.tsx';
import type {DashboardStore} from './store/dashboard-store.ts';
import {pasteText, pressKey} from './store/keys.ts';

/** The whole screen. It draws what the store has made and hands on what is typed; it decides nothing. */
export function Dashboard({store}: {store: DashboardStore}) {
  const frame = useSyncExternalStore(store.subscribe, store.painted);
  const {columns, rows} = useWindowSize();
  useLayoutEffect(() => store.resize(columns, rows), [store, columns, rows]);
  const screen = useRef<DOMElement>(null);
  useLayoutEffect(() => narrow(screen.current?.parentNode), []);
  useInput((input, key) => {
    const name = keyName(input, key);
    if (name !== null) return pressKey(store, name, isText(input, key.ctrl || key.meta) ? input : '');
    if (!key.ctrl && !key.meta && input.length > 1) for (const one of typedKeys(input)) pressKey(store, one.name, one.text);
  });
  usePaste((text) => pasteText(store, text));
  return (
    <Box ref={screen} flexDirection="column" width={frame.columns} height={frame.rows}>
      <Region rows={frame.header} width={frame.columns} />
      <Region rows={frame.body} width={frame.columns} />
      <Region rows={frame.footer} width={frame.columns} />
    </Box>
  );
}

function isText(input: string, modified: boolean): boolean {
  return !modified && input !== '' && input >= ' ' && input !== '\u007f';
}

/**
 * Ink makes an object of each cell of its root, in every frame; all that stands in a row of ours is one sign in its first cell. At 200x60 that
 * is 12,000 objects less, a third of what a frame costs.
 */
function narrow(root: DOMElement | undefined): void {
  root?.yogaNode?.setMaxWidth(1);
}

/** Escape sequences that give a terminal back as it was, and those that take the mouse. */

export const MOUSE_ON = '\u001b[?1000h\u001b[?1006h';
export const MOUSE_OFF = '\u001b[?1006l\u001b[?1002l\u001b[?1000l';

/**
 * Everything this program may have switched on, switched off, in an order that is harmless when it was off already: synchronised output,
 * mouse, focus reports, bracketed paste, colours, then the alternate screen and the cursor.
 */
export const RESTORE = `\u001b[?2026l${MOUSE_OFF}\u001b[?1004l\u001b[?2004l\u001b[0m\u001b[?1049l\u001b[?25h`;

/** The screen is ours again: the alternate one, empty, without a cursor, with pasted text in brackets. */
export const TAKE = '\u001b[0m\u001b[?1049h\u001b[2J\u001b[H\u001b[?25l\u001b[?2004h';

/** Node's handle of a tty stream: not documented, stable since Node 0.11, and the only way to this switch. */
interface Blocking {
  _handle?: {setBlocking?(on: boolean): unknown};
}

/**
 * For a process that ends while its terminal takes nothing: exit handlers of libraries (restore-cursor writes to stderr) would block in
 * write(2) for ever. Written without waiting, their bytes are lost, as they would be anyway.
 */
export function neverBlock(...streams: object[]): void {
  for (const stream of streams) (stream as Blocking)._handle?.setBlocking?.(false);
}

/** Which part of a long list is on the screen. */

export interface VisibleRange {
  from: number;
  to: number;
  above: number;
  below: number;
}

/** A window of `height` rows that holds `selected`, as near to the beginning as that allows, with a little context below. */
export function visible(selected: number, length: number, height: number): VisibleRange {
  const room = Math.max(0, height);
  const context = Math.min(2, Math.floor(room / 4));
  const from = Math.max(0, Math.min(selected + context + 1 - room, length - room));
  const to = Math.min(length, from + room);
  return {from, to, above: from, below: length - to};
}

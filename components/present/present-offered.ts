import type {Binding} from '../../src/terminal/keymap.ts';
import type {Snapshot} from '../store/snapshot.ts';

/** Is a key worth showing here: one that would be refused is not. */
export function offered(one: Binding, s: Snapshot): boolean {
  if (s.readOnly && one.changes === true) return false;
  return one.debug !== true || s.state.info?.interactive === true;
}

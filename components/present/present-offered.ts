import type {Circumstances} from '../../src/terminal/keymap.ts';
import type {Snapshot} from '../store/snapshot.ts';

/** What decides which keys and commands this screen offers. */
export function circumstances(s: Pick<Snapshot, 'readOnly' | 'state'>): Circumstances {
  const {info, replay} = s.state;
  return {readOnly: s.readOnly, debug: info?.interactive === true, replay: replay !== undefined, foreign: info?.foreign !== undefined};
}

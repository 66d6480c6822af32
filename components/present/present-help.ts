/** The keys of this place and of everywhere, from the key table. */
import {fit, wrapLines} from '../../src/terminal/fit.ts';
import {bindingsOf, keyLabel, offered, type Binding, type Place} from '../../src/terminal/keymap.ts';
import {BLANK, row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import {circumstances} from './present-offered.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {placeOf} from '../store/ui-state.ts';

const KEYS = 16;

export function presentHelp(s: Snapshot, {width}: Space): Presented {
  const place = placeOf({...s.ui, overlay: null, confirm: null}, s.state.lifecycle.phase === 'failed') as Place;
  const around = circumstances(s);
  const here = bindingsOf(place).filter((one) => offered(one, around));
  const everywhere = here.filter(
    (one) => one.places.includes('overview') && one.places.includes('logs') && one.places.includes('requests'),
  );
  const special = here.filter((one) => !everywhere.includes(one));
  const rows: Row[] = [];
  if (special.length > 0) rows.push(row(span(` in ${place}`, 'accent')), ...special.flatMap((one) => line(one, s, width)), BLANK);
  rows.push(row(span(' everywhere', 'accent')), ...everywhere.flatMap((one) => line(one, s, width)));
  rows.push(BLANK, row(span(` ${fit('mouse', KEYS)}`, 'strong'), span('click selects a line or a tab, the wheel scrolls', 'plain')));
  return {rows, total: rows.length};
}

function line(one: Binding, s: Snapshot, width: number): Row[] {
  const text =
    one.action === 'quit'
      ? quitHelp(s)
      : one.action === 'interrupt' && s.quitMeans === 'detach'
        ? 'leave this screen; the server goes on'
        : one.help;
  const keys = one.keys.map(keyLabel).join('  ');
  return wrapLines(text, Math.max(20, width - KEYS - 2)).map((part, index) =>
    row(span(` ${fit(index === 0 ? keys : '', KEYS)}`, 'strong'), theirs(part, s.glyphs)),
  );
}

function quitHelp(s: Snapshot): string {
  return s.quitMeans === 'detach'
    ? 'leave this screen; the server goes on'
    : 'stop the server gracefully and quit; asks first when it is busy';
}

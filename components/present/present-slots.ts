/** Reload by swap: what each of the two process groups is at. */
import type {SlotRow} from '../../src/model/events.ts';
import {duration, plural} from '../../src/terminal/format.ts';
import {row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Snapshot} from '../store/snapshot.ts';

export const SLOT_WORDS: Record<SlotRow['state'], {text: string; tone: Tone}> = {
  live: {text: 'live', tone: 'good'},
  empty: {text: 'waits for the next save', tone: 'dim'},
  loading: {text: 'loads the new code', tone: 'accent'},
  loaded: {text: 'has loaded, about to be switched to', tone: 'accent'},
  failed: {text: 'did not load', tone: 'now'},
  draining: {text: 'finishes its requests', tone: 'soon'},
  recycling: {text: 'is being replaced', tone: 'dim'},
};

export function slotRows(s: Snapshot, _width: number): Row[] {
  return s.state.slots.map((one) => {
    const {text, tone} = SLOT_WORDS[one.state];
    return row(
      span(`   ${one.name.padEnd(6)}`, one.state === 'live' ? 'strong' : 'dim'),
      span(text, tone),
      span(`  for ${duration(s.now - one.since)}`, 'dim'),
      span(one.inFlight > 0 ? `  ${plural(one.inFlight, 'request')} in flight` : '', 'soon'),
      theirs(`  ${one.pids.length === 0 ? 'no process' : `pid ${one.pids.join(' ')}`}`, s.glyphs, 'dim'),
    );
  });
}

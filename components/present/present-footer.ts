/** The last line: a question, a passing message, what is being typed, or the keys of this place. */
import {plural} from '../../src/terminal/format.ts';
import {bindingsOf, keyLabel, offered, type Place} from '../../src/terminal/keymap.ts';
import {pack, row, rowWidth, span, theirs, type Piece, type Row, type Span} from '../../src/terminal/rows.ts';
import {circumstances} from './present-offered.ts';
import type {Snapshot} from '../store/snapshot.ts';
import {placeOf, type Confirmation} from '../store/ui-state.ts';

export function presentFooter(s: Snapshot, width: number): Row {
  const {ui, glyphs} = s;
  const place = placeOf(ui, s.state.lifecycle.phase === 'failed');
  if (ui.confirm) return question(s, ui.confirm, consequenceRow(s, width) === null);
  if (ui.overlay?.kind === 'filter') {
    const hint = s.fetched.log.window?.error;
    const tail =
      hint === undefined ? [span('   enter keeps it, esc drops it, ! in front inverts', 'dim')] : [theirs(`   ${hint}`, glyphs, 'bad')];
    return {spans: [span(' / ', 'accent'), theirs(ui.overlay.text, glyphs), span(glyphs.caret, 'accent'), ...tail]};
  }
  if (ui.overlay?.kind === 'search') {
    const {error} = ui.config;
    const tail = error === null ? [span('   enter keeps it, n and N go on, esc drops it', 'dim')] : [theirs(`   ${error}`, glyphs, 'bad')];
    return {spans: [span(' / ', 'accent'), theirs(ui.overlay.text, glyphs), span(glyphs.caret, 'accent'), ...tail]};
  }
  const status: Span[] =
    ui.status !== null && ui.status.until > s.wall ? [span(' '), theirs(ui.status.text, glyphs, ui.status.tone), span('  ')] : [];
  const room = width - rowWidth(status) - 2;
  return {spans: [...(status.length > 0 ? status : [span(' ')]), ...keys(place as Place, s, Math.max(0, room))]};
}

/** What a yes will do, on a row of its own where it does not fit behind the question; null where it does. */
export function consequenceRow(s: Snapshot, width: number): Row | null {
  const {confirm} = s.ui;
  if (confirm === null || rowWidth(question(s, confirm, true).spans) <= width) return null;
  return row(span(' !', 'soon'), span(whatHappens(confirm, s), 'soon'));
}

function question(s: Snapshot, confirm: Confirmation, whole: boolean): Row {
  const answer = [span('y', 'accent'), span(' yes  ', 'dim'), span('n', 'accent'), span(' no', 'dim')];
  const what = whole ? [span(whatHappens(confirm, s), 'soon')] : [];
  return {spans: [span(' '), ...answer, span('  '), theirs(confirm.question, s.glyphs, 'soon'), ...what]};
}

/** What a yes means for the requests that are in flight at this moment. */
function whatHappens({requests, consequence}: Confirmation, s: Snapshot): string {
  if (requests === undefined) return consequence === undefined ? '' : ` ${consequence}`;
  const {length} = s.state.requests;
  if (length === 0) return ' Nothing is in flight';
  const many = `${plural(length, 'request')} in flight`;
  return {cuts: ` Cuts ${many}`, waits: ` First waits for ${many}`, 'gives 3 s': ` ${many}, given about 3 s to finish`}[requests];
}

function keys(place: Place, s: Snapshot, room: number): Span[] {
  const here = circumstances(s);
  const pieces: Piece[] = bindingsOf(place)
    .filter((one) => one.label !== undefined && offered(one, here))
    .map((one) => {
      const hit = {type: 'action' as const, action: one.action};
      const label = one.action === 'quit' && s.quitMeans === 'detach' ? 'detach' : one.label!;
      return {spans: [span(keyLabel(one.keys[0]!), 'accent', hit), span(` ${label}`, 'dim', hit)], rank: (one.rank ?? 5) + 1};
    });
  return pack(pieces, room);
}

/** The state line: who, in which state, where, since when. */
import type {Phase} from '../../src/model/events.ts';
import {selectTotals} from '../../src/model/select-totals.ts';
import {clock, duration} from '../../src/terminal/format.ts';
import {pack, rowWidth, span, spread, theirs, type Piece, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import {silenceSentences} from '../store/silence.ts';
import type {Snapshot} from '../store/snapshot.ts';
import {fitting} from './present-countdown.ts';
import {FOREIGN_WORDS} from './present-foreign.ts';

export const PHASE_TONES: Record<Phase, Tone> = {
  starting: 'accent',
  ready: 'good',
  degraded: 'soon',
  reloading: 'accent',
  stopping: 'soon',
  stopped: 'dim',
  failed: 'now',
};

export function presentHeader(s: Snapshot, width: number): Row {
  const {state, glyphs, silence} = s;
  const {info, lifecycle} = state;
  // The phase is about the server; a visitor waits all the same.
  const held = lifecycle.phase === 'ready' && isFull(s) && state.incidents.some((one) => one.kind === 'saturated' && one.closedAt === null);
  const tone = s.closed !== null || silence !== null ? 'now' : held ? 'soon' : PHASE_TONES[lifecycle.phase];
  const pieces: Piece[] = [
    {spans: [span(' wsgideck', 'accent')], rank: 6},
    {spans: [theirs((state.name || 'server').slice(0, 40), glyphs, 'strong')], rank: 0},
    {
      spans: [
        span(`${tone === 'dim' ? glyphs.ring : glyphs.dot} `, tone),
        span(s.closed !== null ? 'gone' : silence !== null ? 'unknown' : lifecycle.phase, tone),
      ],
      rank: 0,
    },
  ];
  // Of a server that is not ours the marks say what there is to say.
  const quiet =
    silence === null &&
    lifecycle.phase === 'ready' &&
    !held &&
    s.closed === null &&
    (lifecycle.detail === '' || info?.foreign !== undefined);
  const unheard =
    silence === null ? null : fitting(silenceSentences(silence), width - (state.name || 'server').slice(0, 40).length - NO_NEWS);
  const detail = s.closed ?? unheard ?? (held ? 'all threads busy' : lifecycle.detail === lifecycle.phase ? '' : lifecycle.detail);
  if (!quiet && detail !== '')
    pieces.push({spans: [theirs(detail.slice(0, 200), glyphs, tone === 'now' ? 'plain' : 'dim')], rank: unheard === null ? 2 : 0});
  if (info !== null) {
    pieces.push({spans: [theirs(info.url, glyphs)], rank: 1});
    pieces.push({spans: [theirs(`mod_wsgi ${info.modWsgi}`, glyphs, 'dim')], rank: 5});
    pieces.push({spans: [theirs(`Python ${info.python}`, glyphs, 'dim')], rank: 7});
    pieces.push({spans: [theirs(`${info.mpm} MPM`, glyphs, 'dim')], rank: 8});
  }
  for (const {text, tone: how} of marksOf(s)) pieces.push({spans: [span(text, how)], rank: 1});
  const since = lifecycle.answeredAt ?? lifecycle.launchedAt;
  const up = silence !== null || lifecycle.phase === 'stopped' || lifecycle.phase === 'failed' ? null : since;
  if (up !== null) pieces.push({spans: [span(`up ${duration(s.now - up)}`, 'dim')], rank: 4});
  const time = [span(`${s.idle ? clock(s.now).slice(0, 5) : clock(s.now)} `, 'dim')];
  const room = width - rowWidth(time) - 2;
  const left = pack(pieces, room);
  return spread(left[0]?.text.startsWith(' ') ? left : [span(' '), ...left], time, width);
}

/** Cells of the header that stay beside the name and the words about the silence: the state, the clock, gaps. */
const NO_NEWS = 28;

function isFull(s: Snapshot): boolean {
  const {busy, capacity} = selectTotals(s.state, s.now);
  return capacity !== null && busy >= capacity;
}

/** What one must know before acting on this server. */
function marksOf(s: Snapshot): {text: string; tone: Tone}[] {
  const {info, replay} = s.state;
  const marks: {text: string; tone: Tone}[] = [];
  if (replay) marks.push({text: 'recording', tone: 'accent'});
  else if (s.readOnly) marks.push({text: 'read-only', tone: 'soon'});
  if (info?.foreign) marks.push({text: FOREIGN_WORDS[info.foreign.kind], tone: 'soon'});
  return marks;
}

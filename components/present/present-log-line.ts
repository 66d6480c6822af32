/** One log entry on one row. */
import type {LogEntry, LogLevel} from '../../src/model/log.ts';
import {clock, duration} from '../../src/terminal/format.ts';
import {layout, tableRow, type Column, type Layout, type Row} from '../../src/terminal/rows.ts';
import type {Glyphs} from '../../src/terminal/glyphs.ts';
import type {Tone} from '../../src/terminal/theme.ts';

const COLUMNS: readonly Column[] = [
  {title: 'time', width: 8, rank: 1},
  {title: 'level', width: 6, rank: 0},
  {title: 'pid', width: 7, align: 'right', rank: 2},
  {title: 'text', width: 24, grow: 1, rank: 0},
  {title: '', width: 0, rank: 0},
];

const TONES: Record<LogLevel, Tone> = {
  emerg: 'now',
  alert: 'now',
  crit: 'now',
  error: 'bad',
  warn: 'soon',
  notice: 'plain',
  info: 'dim',
  debug: 'dim',
  trace: 'dim',
};

let last: {width: number; plan: Layout} | null = null;

/** The columns for a width: the same for every line of a view, and from one frame to the next. */
export function logLayout(width: number): Layout {
  if (last?.width !== width) last = {width, plan: layout(COLUMNS.slice(0, 4), width)};
  return last.plan;
}

/** An entry never changes, and most of those on the screen have been there in the frame before. */
const drawn = new WeakMap<LogEntry, {plan: Layout; glyphs: Glyphs; row: Row}>();

export function presentLogLine(entry: LogEntry, plan: Layout, glyphs: Glyphs): Row {
  const known = drawn.get(entry);
  if (known?.plan === plan && known.glyphs === glyphs) return known.row;
  const row = logLine(entry, plan, glyphs);
  drawn.set(entry, {plan, glyphs, row});
  return row;
}

function logLine(entry: LogEntry, plan: Layout, glyphs: Glyphs): Row {
  const tone = TONES[entry.level];
  const extra = [
    entry.more !== undefined && entry.more.length > 0 ? `[+${entry.more.length} lines]` : '',
    entry.repeated !== undefined && entry.repeated > 1 ? `×${entry.repeated}` : '',
    entry.cut !== undefined && entry.cut > 0 ? `[cut ${entry.cut} B]` : '',
  ].filter(Boolean);
  const text = entry.access ? accessText(entry) : entry.text;
  const server = entry.access !== undefined && entry.access.status >= 500;
  return tableRow(
    plan,
    [
      {text: clock(entry.at), tone: 'dim'},
      {text: entry.access ? 'access' : entry.source === 'deck' ? 'deck' : entry.level, tone: server ? 'bad' : tone},
      {text: entry.pid === undefined ? '' : String(entry.pid), tone: 'dim'},
      // The marks come first: at the end they would be the first thing to be cut off.
      {text: [...extra, text].join(' '), tone: server || tone === 'now' ? 'bad' : tone === 'bad' || tone === 'soon' ? 'plain' : tone},
    ],
    glyphs,
  );
}

/** `GET /search 200 88 ms`. */
export function accessText(entry: LogEntry): string {
  const {method, url, status, micros} = entry.access!;
  return `${status} ${duration(micros > 0 ? micros / 1000 : null).padStart(8)}  ${method} ${url}`;
}

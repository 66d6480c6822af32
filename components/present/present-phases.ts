/** Where the time of requests goes: percentiles by phase, or means where the source has no more. */
import type {PhaseFigure, PhaseName} from '../../src/model/phases.ts';
import {bar, layout, row, span, tableHead, tableRow, theirs, type Column, type Row} from '../../src/terminal/rows.ts';
import {count, duration, plural} from '../../src/terminal/format.ts';
import type {Snapshot} from '../store/snapshot.ts';

const WORDS: Record<PhaseName, string> = {
  server: 'Apache, before the queue',
  queue: 'waiting for a daemon',
  daemon: 'waiting for a thread',
  application: 'the application',
  request: 'the whole request',
  'gil-wait': 'waiting for the GIL',
  'input-read': 'reading the body',
  'output-write': 'writing the answer',
};

const COLUMNS: readonly Column[] = [
  {title: 'phase', width: 12, rank: 0},
  {title: 'p50', width: 8, align: 'right', rank: 1},
  {title: 'p95', width: 8, align: 'right', rank: 0},
  {title: 'p99', width: 8, align: 'right', rank: 1},
  {title: 'mean', width: 8, align: 'right', rank: 2},
  {title: 'longest', width: 8, align: 'right', rank: 3},
  {title: '', width: 24, rank: 4},
  {title: '', width: 10, rank: 5},
];

/** At most `most` rows: a title, the columns' names, one row for each phase. Nothing where nothing is known. */
export function phaseRows(s: Snapshot, width: number, most: number): Row[] {
  const {phases} = s.state;
  if (phases === null || phases.figures.length === 0 || most < 4) return [];
  const plan = layout(COLUMNS, width);
  const source = phases.source === 'telemetry' ? "mod_wsgi's telemetry" : 'request_metrics() through the agent';
  const lost = phases.lost ? `, ${count(phases.lost)} datagrams lost` : '';
  const top = Math.max(...phases.figures.map(weight));
  return [
    row(
      span(' where the time goes ', 'accent'),
      theirs(`${plural(phases.requests, 'request')} in ${Math.round(phases.seconds)} s, from ${source}${lost}`, s.glyphs, 'dim'),
    ),
    tableHead(plan, COLUMNS, s.glyphs),
    ...phases.figures.slice(0, most - 2).map((one) => {
      const drawn = bar(weight(one), top, 10, s.glyphs);
      return tableRow(
        plan,
        [
          one.phase,
          {text: duration(one.p50), tone: 'dim'},
          {text: duration(one.p95)},
          {text: duration(one.p99), tone: 'dim'},
          {text: duration(one.mean), tone: 'dim'},
          {text: duration(one.max), tone: 'dim'},
          {text: WORDS[one.phase] ?? '', tone: 'dim'},
          {text: drawn.full, tone: 'accent'},
        ],
        s.glyphs,
      );
    }),
  ];
}

function weight(one: PhaseFigure): number {
  return one.p95 ?? one.mean ?? 0;
}

/** Figures of the server before and after an incident: means in two columns, and the course of each as a line. */
import type {Figures} from '../../src/model/incidents.ts';
import {bytes, duration, percent, rate} from '../../src/terminal/format.ts';
import {layout, sparkline, tableHead, tableRow, type Column, type Row} from '../../src/terminal/rows.ts';
import type {Snapshot} from '../store/snapshot.ts';

interface Figure {
  name: string;
  of: (one: Figures) => number | null;
  text: (value: number | null) => string;
}

const FIGURES: readonly Figure[] = [
  {name: 'requests /s', of: (one) => one.requestsPerSecond, text: rate},
  {name: 'answers 5xx /s', of: (one) => one.errors5xx, text: rate},
  {name: 'p50', of: (one) => one.p50, text: duration},
  {name: 'p95', of: (one) => one.p95, text: duration},
  {name: 'p99', of: (one) => one.p99, text: duration},
  {name: 'threads busy', of: (one) => one.busy, text: rate},
  {name: 'queue', of: (one) => one.queueMs, text: duration},
  {name: 'cpu', of: (one) => one.cpu, text: percent},
  {name: 'memory', of: (one) => one.rss, text: bytes},
  {name: 'load', of: (one) => one.load1, text: (value) => (value === null ? '–' : value.toFixed(2))},
];

const LINE = 24;

export function figureRows(before: readonly Figures[], after: readonly Figures[], s: Snapshot, width: number): Row[] {
  if (before.length + after.length === 0) return [];
  const columns: readonly Column[] = [
    {title: '  figures', width: 16, rank: 0},
    {title: 'before', width: 9, align: 'right', rank: 0},
    {title: 'after', width: 9, align: 'right', rank: 0},
    {title: `${before.length} s before it opened`, width: LINE, align: 'right', rank: 1},
    {title: `${after.length} s after`, width: LINE, rank: 2},
  ];
  const plan = layout(columns, width);
  const rows: Row[] = [tableHead(plan, columns, s.glyphs)];
  for (const {name, of, text} of FIGURES) {
    const [one, two] = [values(before, of), values(after, of)];
    if (one.length + two.length === 0) continue;
    const top = Math.max(0, ...one, ...two);
    const line = (list: number[]) => sparkline(list, Math.min(LINE, list.length), s.glyphs, top);
    rows.push(
      tableRow(
        plan,
        [
          {text: `  ${name}`, tone: 'dim'},
          {text: text(mean(one))},
          {text: text(mean(two))},
          {text: line(one), tone: 'dim'},
          {text: line(two), tone: 'accent'},
        ],
        s.glyphs,
      ),
    );
  }
  return rows;
}

function values(list: readonly Figures[], of: Figure['of']): number[] {
  return list.map(of).filter((value) => value !== null);
}

function mean(list: readonly number[]): number | null {
  return list.length === 0 ? null : list.reduce((sum, one) => sum + one, 0) / list.length;
}

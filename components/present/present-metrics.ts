/** The figures at the top of the overview: a grid whose columns stay where they are while the numbers change. */
import {selectTotals, type Totals} from '../../src/model/select-totals.ts';
import {fit} from '../../src/terminal/fit.ts';
import {age, bytes, count, duration, percent, rate} from '../../src/terminal/format.ts';
import {bar, span, sparkline, type Row, type Span} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Snapshot} from '../store/snapshot.ts';

interface Metric {
  label: string;
  value: string;
  tone?: Tone;
}

const MAIN_LABEL = 9;
const MAIN_VALUE = 9;
/** Label at the left, value at the right of it: `memory 1.95 GiB` just fits. */
const METRIC = 15;
const GAP = 2;
const LEAST_GRAPH = 4;
const MOST_GRAPH = 60;

export function presentMetrics(s: Snapshot, width: number, height: number): Row[] {
  const totals = selectTotals(s.state, s.now);
  const free = width - 1 - MAIN_LABEL - MAIN_VALUE - GAP - 1;
  const columns = Math.max(1, Math.min(5, Math.floor((free - LEAST_GRAPH) / (METRIC + GAP))));
  const graph = Math.max(0, Math.min(MOST_GRAPH, free - columns * (METRIC + GAP)));
  const [first, second, third] = metrics(s, totals, columns);
  const busyTone = totals.capacity !== null && totals.busy >= totals.capacity ? 'soon' : 'plain';
  const requests = {label: 'requests', value: totals.rate === null ? '–' : `${rate(totals.rate)} /s`};
  const threads = {
    label: 'threads',
    value: totals.blind ? '–' : totals.capacity === null ? String(totals.busy) : `${totals.busy} of ${totals.capacity}`,
    tone: busyTone,
  } as const;
  const history = s.state.traffic.map((one) => (one.seconds > 0 ? one.requests / one.seconds : 0));
  const filled = bar(totals.busy, totals.capacity ?? 0, graph, s.glyphs);
  const rows = [
    line(requests, [span(sparkline(history, graph, s.glyphs), 'accent')], first!),
    line(
      threads,
      totals.capacity === null
        ? [span(' '.repeat(graph))]
        : [span(filled.full, busyTone === 'soon' ? 'soon' : 'accent'), span(filled.rest, 'dim')],
      second!,
    ),
  ];
  // In the smallest terminals the row is worth more to the requests.
  if (third && height > 10) {
    const cores = s.state.host?.cpuCount ?? 1;
    const cpu = bar(totals.cpu ?? 0, cores * 100, graph, s.glyphs);
    rows.push(line({label: 'cpu', value: percent(totals.cpu)}, [span(cpu.full, 'accent'), span(cpu.rest, 'dim')], third));
  }
  return rows;
}

function metrics(s: Snapshot, t: Totals, columns: number): Metric[][] {
  const p50 = {label: 'p50', value: duration(t.p50)};
  const p95 = {label: 'p95', value: duration(t.p95)};
  const p99 = {label: 'p99', value: duration(t.p99)};
  const share = t.requests > 0 ? (t.errors5xx / t.requests) * 100 : 0;
  const e5: Metric = {label: '5xx/min', value: count(t.errors5xx), tone: t.errors5xx === 0 ? 'plain' : share >= 5 ? 'now' : 'soon'};
  const e4 = {label: '4xx/min', value: count(t.errors4xx)};
  const queue: Metric = {label: 'queue', value: duration(t.queueMs), tone: (t.queueMs ?? 0) > 1000 ? 'soon' : 'plain'};
  const oldest = t.longest === null ? null : s.now - t.longest.startedAt;
  const longest: Metric = {label: 'longest', value: age(oldest), tone: (oldest ?? 0) > 10_000 ? 'soon' : 'plain'};
  const cpu = {label: 'cpu', value: percent(t.cpu)};
  const rss = {label: 'memory', value: bytes(t.rss)};
  const {host} = s.state;
  const load: Metric = {
    label: 'load',
    value: host === null ? '–' : host.load1.toFixed(2),
    tone: host !== null && host.load1 > host.cpuCount ? 'soon' : 'plain',
  };
  if (columns >= 5)
    return [
      [p50, p95, p99, e4, e5],
      [queue, longest, cpu, rss, load],
    ];
  if (columns === 4)
    return [
      [p50, p95, p99, e5],
      [queue, longest, cpu, rss],
    ];
  if (columns === 3)
    return [
      [p50, p95, p99],
      [queue, longest, e5],
      [rss, load, e4],
    ];
  if (columns === 2)
    return [
      [p95, e5],
      [queue, longest],
      [rss, p50],
    ];
  return [[p95], [longest], [e5]];
}

function line(main: Metric, graph: Span[], metrics: Metric[]): Row {
  const spans = [
    span(` ${fit(main.label, MAIN_LABEL)}`, 'dim'),
    span(fit(main.value, MAIN_VALUE, {align: 'right'}), main.tone ?? 'plain'),
    span('  '),
    ...graph,
  ];
  for (const one of metrics) {
    const room = METRIC - one.label.length;
    spans.push(span(`${' '.repeat(GAP)}${one.label}`, 'dim'), span(fit(one.value, room, {align: 'right'}), one.tone ?? 'plain'));
  }
  return {spans};
}

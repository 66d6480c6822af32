/** Capacity: what the figures say about threads, processes, CPU and memory, with the figures. */
import {duration, percent} from '../../src/terminal/format.ts';
import {BLANK, row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {labelled} from './paragraph.ts';
import {phaseRows} from './present-phases.ts';

const TONES: Record<'error' | 'warn' | 'info', Tone> = {error: 'now', warn: 'soon', info: 'accent'};

export function presentAdvice(s: Snapshot, {width}: Space): Presented {
  const {advice, info, phases} = s.state;
  const rows: Row[] = [row(span(' capacity', 'accent'), span(info === null ? '' : `  ${capacityWords(s)}`, 'dim'))];
  if (advice.length === 0) {
    rows.push(BLANK, row(span('   nothing to say: the figures show no shortage, or there was too little traffic to tell', 'dim')));
  }
  for (const one of advice) {
    rows.push(BLANK, ...labelled(one.severity === 'info' ? 'advice' : 'shortage', one.cause, s, width, TONES[one.severity]));
    rows.push(...labelled('what to do', one.remedy, s, width));
    for (const line of one.evidence ?? []) rows.push(row(span('                  '), theirs(line, s.glyphs, 'dim')));
  }
  if (phases !== null) {
    rows.push(BLANK, ...phaseRows(s, width, 20));
    if (phases.utilization !== null) rows.push(row(span(`   threads busy ${percent(phases.utilization * 100)} of the time`, 'dim')));
    if (phases.gc)
      rows.push(
        row(
          span(
            `   garbage collection ${phases.gc.passes} passes, ${duration(phases.gc.ms)}, the longest ${duration(phases.gc.maxMs)}`,
            'dim',
          ),
        ),
      );
  }
  return {rows, total: rows.length};
}

function capacityWords(s: Snapshot): string {
  const {processes, threads} = s.state.info!;
  return processes === 0 ? 'embedded mode' : `${processes} × ${threads} threads = ${processes * threads} requests at once`;
}

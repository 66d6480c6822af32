/** The line between two regions. */
import {span, type Row} from '../../src/terminal/rows.ts';
import type {Snapshot} from '../store/snapshot.ts';

export function ruleRow(s: Snapshot, width: number): Row {
  return {spans: [span(s.glyphs.rule.repeat(Math.max(0, width)), 'dim')]};
}

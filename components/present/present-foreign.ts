/** A server that was not started by us: what it is, and what a restart under wsgideck would add. */
import {BLANK, row, span, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {paragraph} from './paragraph.ts';

export const FOREIGN_WORDS = {original: 'started by mod_wsgi-express', system: "the system's Apache"} as const;

export function presentForeign(s: Snapshot, {width}: Space): Presented {
  const foreign = s.state.info?.foreign;
  if (!foreign) return {rows: [row(span('   this server was started by wsgideck: it has everything', 'dim'))]};
  const rows: Row[] = [
    row(span(` ${FOREIGN_WORDS[foreign.kind]}`, 'accent'), span('  watched as it is: nothing in it was changed or restarted', 'dim')),
    BLANK,
    row(span(' a restart under wsgideck would add', 'strong')),
  ];
  for (const one of foreign.gains)
    for (const [index, line] of paragraph(one, s, width - 2).entries())
      rows.push(row(span(index === 0 ? ` ${s.glyphs.sep}` : '  '), ...line.spans));
  return {rows, total: rows.length};
}

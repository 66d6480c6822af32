/** Sentences of people and of strangers as rows: wrapped, with a label at the left. */
import {upTo, wrapLines} from '../../src/terminal/fit.ts';
import {row, span, type Row} from '../../src/terminal/rows.ts';
import {safeText} from '../../src/terminal/safe-text.ts';
import type {Tone} from '../../src/terminal/theme.ts';
import type {Snapshot} from '../store/snapshot.ts';

const LABEL = 16;

/** `text` beside `label`; in a narrow terminal after it. */
export function labelled(label: string, text: string, s: Pick<Snapshot, 'glyphs'>, width: number, tone: Tone = 'plain', most = 6): Row[] {
  const narrow = width < 70;
  const indent = narrow ? 3 : LABEL + 2;
  const head = narrow && label !== '' ? `${label}: ` : '';
  const lines = wrapped(head + text, s, Math.max(10, width - indent - 1), most);
  return lines.map((line, index) => {
    if (index > 0 || narrow) {
      const own = index === 0 ? head.length : 0;
      return row(span(' '.repeat(indent)), span(line.slice(0, own), 'dim'), span(line.slice(own), tone));
    }
    return row(span(`  ${label.padEnd(LABEL)}`, 'dim'), span(line, tone));
  });
}

/** Text over the whole width, indented. */
export function paragraph(text: string, s: Pick<Snapshot, 'glyphs'>, width: number, tone: Tone = 'plain', most = 6): Row[] {
  return wrapped(text, s, Math.max(10, width - 4), most).map((line) => row(span(`   ${line}`, tone)));
}

/** A traceback keeps its lines; everything else in them becomes harmless. */
function wrapped(text: string, s: Pick<Snapshot, 'glyphs'>, width: number, most: number): string[] {
  const lines = text
    .slice(0, 4000)
    .split('\n')
    .flatMap((line) => wrapLines(safeText(line, s.glyphs.ascii), width));
  return upTo(lines, most, width, s.glyphs.cut);
}

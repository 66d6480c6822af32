/** The terminal of debug mode: its cells as rows. Nothing of it reaches our own terminal but cells, letter by letter. */
import {isSafe} from '../../src/terminal/safe-text.ts';
import {BLANK, row, span, theirs, type Row, type Span} from '../../src/terminal/rows.ts';
import type {TerminalCell} from '../store/terminal-emulator.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';

export function presentTerminal(s: Snapshot, {height}: Space): Presented {
  const {screen, error} = s.fetched.terminal;
  if (error !== null) return {rows: [BLANK, row(span('   '), theirs(error, s.glyphs, 'bad'))]};
  if (screen === null) return {rows: [BLANK, row(span('   asking for what it has printed', 'dim'))]};
  if (screen.back > 0) {
    const rows = screen.lines.slice(0, Math.max(0, height - 1)).map((line) => terminalRow(line, null, s));
    return {rows: [...rows, row(span(` ${s.glyphs.down} ${screen.back} more lines, end goes there`, 'dim'))]};
  }
  // Where less fits than the terminal has (another screen has made it taller), its end matters: the prompt is there.
  const last = Math.max(screen.cursor.y + 1, screen.lines.findLastIndex((line) => line.length > 0) + 1);
  const from = Math.max(0, last - height);
  const cursor = s.ui.pane.typing ? screen.cursor : null;
  return {
    rows: screen.lines.slice(from, from + height).map((line, y) => terminalRow(line, cursor?.y === from + y ? cursor.x : null, s)),
  };
}

/** One line: neighbours of one style become one span. `cursor` is its column, null for none on this line. */
function terminalRow(cells: readonly TerminalCell[], cursor: number | null, s: Snapshot): Row {
  const spans: Span[] = [];
  let text = '';
  let style = '';
  let sgr: readonly number[] = [];
  const close = () => {
    if (text !== '') spans.push({text, sgr});
    text = '';
  };
  let x = 0;
  for (const cell of cells) {
    const codes = x === cursor ? toggleInverse(cell.sgr) : cell.sgr;
    const key = codes.join(';');
    if (key !== style) {
      close();
      style = key;
      sgr = codes;
    }
    text += letter(cell, s.glyphs.ascii);
    x += cell.width;
  }
  close();
  if (cursor !== null && cursor >= x) spans.push({text: ' '.repeat(cursor - x)}, {text: ' ', sgr: [7]});
  return {spans};
}

const INVERSE = 7;

function toggleInverse(sgr: readonly number[]): readonly number[] {
  return sgr[0] === INVERSE ? sgr.slice(1) : [INVERSE, ...sgr];
}

/** A cell's letter, as wide as the cell; a mark for what could act, hide or reorder. */
function letter({text, width}: TerminalCell, ascii: boolean): string {
  if (text === '') return ' '.repeat(width);
  if (isSafe(text) && !(ascii && /[^ -~]/.test(text))) return text;
  return '?'.repeat(width);
}

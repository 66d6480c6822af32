/**
 * A terminal emulator without a screen: takes what a program prints, and tells which cells a terminal would show. Loaded only when the view
 * is opened.
 */
import unicode11 from '@xterm/addon-unicode11';
// CommonJS: only the default export exists under plain Node.
import xterm, {type IBufferCell, type Terminal} from '@xterm/headless';

export interface TerminalCell {
  /** One letter with its marks; empty for a blank. */
  text: string;
  /** 1 or 2. */
  width: number;
  /** SGR numbers of its style; the inverse one, if any, comes first. */
  sgr: readonly number[];
}

export interface TerminalScreen {
  /** The lines shown, without blanks at their ends. */
  lines: readonly (readonly TerminalCell[])[];
  /** In cells from the top left. */
  cursor: {x: number; y: number};
  /** How many lines above its end this is; and how many there are to go up to. */
  back: number;
  above: number;
}

/** Lines kept above the screen. */
const SCROLLBACK = 1000;

export class TerminalEmulator {
  readonly #term: Terminal;

  constructor(cols: number, rows: number) {
    this.#term = new xterm.Terminal({cols, rows, scrollback: SCROLLBACK, allowProposedApi: true});
    this.#term.loadAddon(new unicode11.Unicode11Addon());
    this.#term.unicode.activeVersion = '11';
  }

  /** Settles when the cells have changed. */
  write(data: string): Promise<void> {
    return new Promise((resolve) => this.#term.write(data, resolve));
  }

  resize(cols: number, rows: number): void {
    if (cols !== this.#term.cols || rows !== this.#term.rows) this.#term.resize(cols, rows);
  }

  /** As after the launch: for output that is read from the beginning again. */
  reset(): void {
    this.#term.reset();
  }

  /** Keys as the program has asked for them: cursor keys in their other form, pasted text without brackets unless it wants them. */
  keys(typed: string): string {
    const {applicationCursorKeysMode, bracketedPasteMode} = this.#term.modes;
    const keys = applicationCursorKeysMode ? typed.replace(/\u001b\[([ABCDHF])/g, '\u001bO$1') : typed;
    return bracketedPasteMode ? keys : keys.replace(/\u001b\[20[01]~/g, '');
  }

  /** What is shown `back` lines above the end. */
  screen(back: number): TerminalScreen {
    const buffer = this.#term.buffer.active;
    const above = buffer.baseY;
    const up = Math.min(back, above);
    const scratch = buffer.getNullCell();
    const lines = Array.from({length: this.#term.rows}, (_, y) => this.#line(buffer.baseY - up + y, scratch));
    return {lines, cursor: {x: buffer.cursorX, y: buffer.cursorY}, back: up, above};
  }

  #line(y: number, scratch: IBufferCell): TerminalCell[] {
    const line = this.#term.buffer.active.getLine(y);
    const cells: TerminalCell[] = [];
    let used = 0;
    for (let x = 0; line !== undefined && x < this.#term.cols; x++) {
      const cell = line.getCell(x, scratch);
      if (!cell || cell.getWidth() === 0) continue;
      const text = cell.isInvisible() ? '' : cell.getChars();
      const sgr = styleOf(cell);
      cells.push({text, width: cell.getWidth(), sgr});
      if ((text !== '' && text !== ' ') || sgr.length > 0) used = cells.length;
    }
    return cells.slice(0, used);
  }
}

const PLAIN: readonly number[] = [];

function styleOf(cell: IBufferCell): readonly number[] {
  if (cell.isAttributeDefault()) return PLAIN;
  const codes: number[] = [];
  if (cell.isInverse()) codes.push(7);
  if (cell.isBold()) codes.push(1);
  if (cell.isDim()) codes.push(2);
  if (cell.isItalic()) codes.push(3);
  if (cell.isUnderline()) codes.push(4);
  codes.push(...colour(cell.getFgColorMode() === 0 ? null : cell.getFgColor(), cell.isFgRGB(), 38));
  codes.push(...colour(cell.getBgColorMode() === 0 ? null : cell.getBgColor(), cell.isBgRGB(), 48));
  return codes;
}

/** @param lead 38 for the letter's colour, 48 for its ground. */
function colour(value: number | null, rgb: boolean, lead: 38 | 48): number[] {
  if (value === null) return [];
  return rgb ? [lead, 2, (value >> 16) & 255, (value >> 8) & 255, value & 255] : [lead, 5, value & 255];
}

import type {IBufferCell, Terminal} from '@xterm/headless';

/** The look of the pictures; sizes in SVG units. */
const THEME = {
  background: '#15181e',
  foreground: '#cdd3de',
  font: 'DejaVu Sans Mono',
  fontSize: 15,
  /** Advance width of the font at this size, and a line height at which box drawing joins without a gap. */
  cellWidth: 15 * 0.60205,
  cellHeight: 17.46,
  /** Of the line's height, from the top. */
  baseline: 0.797,
  margin: 14,
};

/** The terminal's own 16 colours. */
const ANSI = [
  '#1b1f27', '#e06c75', '#8ebd6b', '#e2b86b', '#61a0ef', '#bf7fd5', '#56b6c2', '#b9c0cc',
  '#6b7484', '#ff7b86', '#a5d984', '#f5cf83', '#7fb5ff', '#d79aec', '#74d2de', '#f2f4f8',
]; // prettier-ignore

/** Names on the control pictures, by picture. */
const CONTROL_NAMES: Partial<Record<string, string>> = Object.fromEntries(
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US SP DEL'
    .split(' ')
    .map((name, code) => [String.fromCodePoint(0x2400 + code), name]),
);

interface Style {
  foreground: string;
  background: string | null;
  bold: boolean;
  italic: boolean;
  dim: boolean;
  underline: boolean;
  strike: boolean;
}

interface Cell {
  column: number;
  width: number;
  text: string;
  style: Style;
}

/** The visible screen as an SVG picture: the same cells give the same bytes. */
export function toSvg(terminal: Terminal): string {
  const {margin, cellWidth, cellHeight, background, font, fontSize} = THEME;
  const width = Math.ceil(terminal.cols * cellWidth + 2 * margin);
  const height = Math.ceil(terminal.rows * cellHeight + 2 * margin);
  const rows = Array.from({length: terminal.rows}, (_, row) => readRow(terminal, row));
  const shapes = rows.flatMap((cells, row) => [...backgrounds(cells, row), ...texts(cells, row)]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}, monospace" font-size="${fontSize}" xml:space="preserve">`,
    `<rect width="${width}" height="${height}" rx="9" fill="${background}"/>`,
    ...shapes,
    '</svg>\n',
  ].join('\n');
}

function readRow(terminal: Terminal, row: number): Cell[] {
  const buffer = terminal.buffer.active;
  const line = buffer.getLine(buffer.viewportY + row);
  const cells: Cell[] = [];
  for (let column = 0; line !== undefined && column < terminal.cols; column++) {
    const cell = line.getCell(column);
    // The second half of a wide character has width 0.
    if (cell === undefined || cell.getWidth() === 0) continue;
    cells.push({column, width: cell.getWidth(), text: cell.getChars(), style: readStyle(cell)});
  }
  return cells;
}

function readStyle(cell: IBufferCell): Style {
  const foreground = cell.isFgDefault() ? THEME.foreground : colour(cell.getFgColor(), cell.isFgRGB());
  const background = cell.isBgDefault() ? null : colour(cell.getBgColor(), cell.isBgRGB());
  const inverse = cell.isInverse() !== 0;
  return {
    foreground: inverse ? (background ?? THEME.background) : foreground,
    background: inverse ? foreground : background,
    bold: cell.isBold() !== 0,
    italic: cell.isItalic() !== 0,
    dim: cell.isDim() !== 0,
    underline: cell.isUnderline() !== 0,
    strike: cell.isStrikethrough() !== 0,
  };
}

/** A colour number of the terminal (16, the 6x6x6 cube, 24 greys) or 24 bits, as CSS. */
function colour(value: number, isRgb: boolean): string {
  if (isRgb) return css([value >> 16, (value >> 8) & 255, value & 255]);
  if (value < 16) return ANSI[value] ?? THEME.foreground;
  if (value >= 232) return css(Array.from({length: 3}, () => 8 + (value - 232) * 10));
  const cube = value - 16;
  return css([cube / 36, (cube / 6) % 6, cube % 6].map((part) => (Math.floor(part) === 0 ? 0 : 55 + 40 * Math.floor(part))));
}

function css(parts: number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Neighbours for which `same` holds, together. */
function runs(cells: Cell[], same: (a: Cell, b: Cell) => boolean): Cell[][] {
  const found: Cell[][] = [];
  for (const cell of cells) {
    const run = found.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && same(last, cell)) run.push(cell);
    else found.push([cell]);
  }
  return found;
}

const left = (column: number) => (THEME.margin + column * THEME.cellWidth).toFixed(2);

function backgrounds(cells: Cell[], row: number): string[] {
  return runs(cells, (a, b) => a.style.background === b.style.background).flatMap((run) => {
    const fill = run[0]?.style.background;
    if (run[0] === undefined || fill === null || fill === undefined) return [];
    const columns = run.reduce((sum, cell) => sum + cell.width, 0);
    const top = (THEME.margin + row * THEME.cellHeight).toFixed(2);
    // A little over, or hair lines show between neighbours.
    const width = (columns * THEME.cellWidth + 0.3).toFixed(2);
    return [
      `<rect x="${left(run[0].column)}" y="${top}" width="${width}" height="${(THEME.cellHeight + 0.3).toFixed(2)}" fill="${fill}"/>`,
    ];
  });
}

/** One element per run of one style, one position per character: every glyph sits on the grid, whatever the font's own widths. */
function texts(cells: Cell[], row: number): string[] {
  const inked = cells.filter(({text, style}) => text.trim() !== '' || style.underline || style.strike);
  const y = (THEME.margin + (row + THEME.baseline) * THEME.cellHeight).toFixed(2);
  return runs(inked, (a, b) => sameInk(a.style, b.style)).map((run) => {
    const style = attributes((run[0] as Cell).style);
    const controls = run.flatMap((cell) => controlPicture(cell, row, style));
    const letters = run.filter(({text}) => CONTROL_NAMES[text] === undefined);
    if (letters.length === 0) return controls.join('');
    const positions = letters.flatMap((cell) => Array.from(cell.text || ' ', () => left(cell.column))).join(' ');
    const content = letters.map(({text}) => escape(text || ' ')).join('');
    return `<text x="${positions}" y="${y}"${style}>${content}</text>${controls.join('')}`;
  });
}

/** The font has no control pictures (U+2400 and on), which is how hostile log lines are shown; their letters go into the cell slantwise, as fonts have it. */
function controlPicture({column, text}: Cell, row: number, style: string): string[] {
  const name = CONTROL_NAMES[text];
  if (name === undefined) return [];
  const {margin, cellWidth, cellHeight, fontSize} = THEME;
  const step = cellWidth / name.length;
  const positions = Array.from(name, (_, letter) => (margin + column * cellWidth + letter * step).toFixed(2)).join(' ');
  const heights = Array.from(name, (_, letter) => (margin + (row + 0.45 + (letter * 0.42) / name.length) * cellHeight).toFixed(2)).join(
    ' ',
  );
  return [`<text x="${positions}" y="${heights}" font-size="${fontSize * 0.5}"${style}>${name}</text>`];
}

function sameInk(a: Style, b: Style): boolean {
  return attributes(a) === attributes(b);
}

function attributes({foreground, bold, italic, dim, underline, strike}: Style): string {
  const decoration = [underline ? 'underline' : '', strike ? 'line-through' : ''].filter(Boolean).join(' ');
  return [
    ` fill="${foreground}"`,
    bold ? ' font-weight="bold"' : '',
    italic ? ' font-style="italic"' : '',
    dim ? ' opacity="0.6"' : '',
    decoration ? ` text-decoration="${decoration}"` : '',
  ].join('');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Every sign the screen uses, each with an ASCII twin for terminals whose locale is not UTF-8. One cell each. */

export interface Glyphs {
  ascii: boolean;
  dot: string;
  ring: string;
  rule: string;
  bar: string;
  barEmpty: string;
  /** Eight steps, lowest first. */
  spark: readonly string[];
  cut: string;
  arrow: string;
  pointer: string;
  done: string;
  cross: string;
  sep: string;
  own: string;
  now: string;
  caret: string;
  unknown: string;
  up: string;
  down: string;
  times: string;
}

const UNICODE: Glyphs = {
  ascii: false,
  dot: '●',
  ring: '○',
  rule: '─',
  bar: '━',
  barEmpty: '─',
  spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  cut: '…',
  arrow: '→',
  pointer: '›',
  done: '✓',
  cross: '✗',
  sep: '·',
  own: '●',
  now: '▸',
  caret: '▏',
  unknown: '–',
  up: '↑',
  down: '↓',
  times: '×',
};

const ASCII: Glyphs = {
  ascii: true,
  dot: '*',
  ring: 'o',
  rule: '-',
  bar: '#',
  barEmpty: '.',
  spark: ['_', '.', ':', '-', '=', '+', '*', '#'],
  cut: '~',
  arrow: '>',
  pointer: '>',
  done: '+',
  cross: 'x',
  sep: '-',
  own: '*',
  now: '>',
  caret: '_',
  unknown: '-',
  up: '^',
  down: 'v',
  times: 'x',
};

export function glyphs(unicode: boolean): Glyphs {
  return unicode ? UNICODE : ASCII;
}

const TWINS: Record<string, string> = {'–': '-', '·': '-', '×': 'x', '…': '~', '→': '>', '✓': '+', '✗': 'x'};

/** Our own words for a terminal without Unicode: signs that formatters put in become their twins. */
export function asciiTwin(text: string): string {
  return text.replace(/[–·×…→✓✗]/g, (sign) => TWINS[sign]!);
}

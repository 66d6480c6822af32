import stringWidth from 'string-width';
import {describe, expect, test} from 'vitest';
import {fit, fitMiddle, fitSafe, fitStart, width, wrapLines} from '../../src/terminal/fit.ts';

const SAMPLES = [
  '',
  'plain text',
  'déjà vu',
  '日本語のログ行',
  'a日b本c',
  '👍👍👍',
  'e\u0301te\u0301',
  '한국어',
  '█▂▃ ␛[2J',
  'x'.repeat(300),
];

describe('fit', () => {
  test('gives exactly the asked number of cells for every text, width and variant', () => {
    for (const text of SAMPLES) {
      for (let cells = 0; cells <= 40; cells++) {
        for (const cut of [fit, fitStart, fitMiddle, fitSafe]) {
          for (const align of ['left', 'right', 'center'] as const) {
            const out = cut(text, cells, {align});
            expect(stringWidth(out), `${cut.name}(${JSON.stringify(text)}, ${cells})`).toBe(cells);
          }
        }
      }
    }
  });

  test('marks a cut and keeps the asked side', () => {
    expect(fit('abcdefgh', 5)).toBe('abcd…');
    expect(fit('abcdefgh', 5, {ellipsis: '~'})).toBe('abcd~');
    expect(fitStart('/srv/app/shop/views.py', 10)).toBe('…/views.py');
    expect(fitMiddle('/checkout/pay?session=12345', 11)).toBe('/chec…12345');
    expect(fit('7', 3, {align: 'right'})).toBe('  7');
  });

  test('never splits a wide character', () => {
    expect(fit('日本語', 4)).toBe('日… ');
    expect(fitStart('日本語', 4)).toBe('…語 ');
  });

  test('never lets a control character through', () => {
    const out = fit('\x1b[31mred\x1b[0m\x07', 30);
    expect(out).toBe('␛[31mred␛[0m␇'.padEnd(30));
    expect(width('\x1b[31mred')).toBe(8);
  });

  test('looks only at what can be seen of a line of megabytes', () => {
    const long = '\u202e日'.repeat(4_000_000);
    // Equal to the cut of its beginning; the tail has no say.
    expect(fitSafe(long, 80)).toBe(fitSafe(long.slice(0, 1000), 80));
    expect(stringWidth(fitSafe(long, 80))).toBe(80);
  });

  test('the short way of measuring agrees with string-width for each of its characters', () => {
    for (let code = 0x20; code < 0x2700; code++) {
      const character = String.fromCodePoint(code);
      if (/[\p{Cc}\p{Cf}\p{Mn}\p{Me}]/u.test(character)) continue;
      expect(width(character), code.toString(16)).toBe(stringWidth(character));
    }
  });
});

describe('wrapLines', () => {
  test('breaks after spaces, hard where there are none, and at line ends', () => {
    expect(wrapLines('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrapLines('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrapLines('a\nb', 4)).toEqual(['a', 'b']);
    expect(wrapLines('', 4)).toEqual(['']);
    expect(wrapLines('日本語', 1)).toEqual(['日', '本', '語']);
  });

  test('no row is wider than asked and no text is lost', () => {
    for (const text of SAMPLES) {
      const rows = wrapLines(text, 7);
      for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(7);
      expect(rows.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
  });
});

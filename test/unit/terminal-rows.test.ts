import {expect, test} from 'vitest';
import {width} from '../../src/terminal/fit.ts';
import {glyphs} from '../../src/terminal/glyphs.ts';
import {bar, fitRow, layout, pack, row, rowWidth, span, sparkline, spread, tableRow, theirs, type Column} from '../../src/terminal/rows.ts';
import {paint} from '../../src/terminal/theme.ts';

const g = glyphs(true);
const text = (value: {spans: readonly {text: string}[]}) => value.spans.map((one) => one.text).join('');

test('a row that is too long is cut at every width, with the mark, and never exceeds it', () => {
  const long = row(span('GET '), theirs('/päth/日本語/x', g), span(' 200 ms'), span(' tail'));
  const whole = rowWidth(long.spans);
  for (let cells = 1; cells < whole; cells++) {
    const cut = fitRow(long, cells, g);
    expect(rowWidth(cut.spans)).toBeLessThanOrEqual(cells);
    expect(text(cut)).toContain('…');
  }
  expect(text(fitRow(long, whole, g))).toBe(text(long));
});

test('the selected row has the pointer in its margin and is bold, its colours stay', () => {
  const chosen = fitRow({...row(' ab', span('c', 'dim'), span('d', 'now')), selected: true}, 10, g);
  expect(text(chosen)).toBe('›abcd');
  expect(paint(chosen, true)).toBe('\u001b[1m\u001b[36m›\u001b[39mabc\u001b[31md\u001b[39m\u001b[22m');
});

test('pieces go by rank, those of rank 0 stay', () => {
  const pieces = ['aaaa', 'bbbb', 'cccc'].map((one, rank) => ({spans: [span(one)], rank}));
  expect(text({spans: pack(pieces, 16)})).toBe('aaaa  bbbb  cccc');
  expect(text({spans: pack(pieces, 15)})).toBe('aaaa  bbbb');
  expect(text({spans: pack(pieces, 5)})).toBe('aaaa');
  expect(text({spans: pack(pieces, 1)})).toBe('aaaa');
});

test('left and right edge; without room the right one goes', () => {
  expect(text(spread([span('left')], [span('right')], 12))).toBe('left   right');
  expect(text(spread([span('left')], [span('right')], 9))).toBe('left');
});

const COLUMNS: Column[] = [
  {title: 'a', width: 5, align: 'right', rank: 0},
  {title: 'b', width: 10, grow: 1, rank: 0, keep: 'both'},
  {title: 'c', width: 8, rank: 2},
];

test('tables use the whole width and lose columns by rank', () => {
  for (let cells = 19; cells < 200; cells++) {
    const drawn = tableRow(layout(COLUMNS, cells), ['1', '/a/very/long/path/that/never/ends?x=1', 'three'], g);
    expect(rowWidth(drawn.spans), `at ${cells}`).toBeLessThanOrEqual(cells);
    expect(rowWidth(drawn.spans), `at ${cells}`).toBeGreaterThanOrEqual(cells - 1);
    expect(text(drawn).includes('three')).toBe(cells >= 29);
  }
});

test('sparklines and bars', () => {
  expect(sparkline([0, 1, 4, 8], 6, g)).toBe('  ▁▂▄█');
  expect(sparkline([], 3, g)).toBe('   ');
  expect(sparkline([5, 5, 5], 2, g)).toBe('██');
  expect(bar(0, 10, 10, g)).toEqual({full: '', rest: '─'.repeat(10)});
  expect(bar(0.1, 10, 10, g).full).toBe('━');
  expect(bar(25, 10, 10, g)).toEqual({full: '━'.repeat(10), rest: ''});
  expect(bar(1, 0, 4, g).rest).toBe('────');
});

test('blanks at the end of a row are painted only where they are seen', () => {
  expect(paint(row(' a ', span('  b ', 'dim'), '   '), true)).toBe(' a \u001b[90m  b\u001b[39m');
  expect(paint({spans: [{text: 'a '}, {text: ' b ', inverse: true}, {text: '  '}]}, true)).toBe('a \u001b[7m b \u001b[27m');
  expect(paint({spans: [{text: ' b ', inverse: true}, {text: '  '}, {text: 'c'}]}, true)).toBe('\u001b[7m b \u001b[27m  c');
  expect(paint(row('    '), true)).toBe('');
});

test('paint: codes are closed, controls never pass, an inverse span ends', () => {
  expect(paint(row('a', span('b', 'dim'), span('c', 'now')), true)).toBe('a\u001b[90mb\u001b[1m\u001b[31mc\u001b[39m\u001b[22m');
  expect(paint(row('\u001b]0;title\u0007\u001b[2J'), true)).not.toMatch(/[\u0000-\u001f]/);
});

test('without colour no colour code is written', () => {
  const every = row(...(['plain', 'dim', 'accent', 'strong', 'good', 'soon', 'bad', 'now', 'own'] as const).map((tone) => span('x', tone)));
  expect(paint(every, false)).not.toMatch(/\u001b\[(3|4|9|10)\d?m/);
});

test('ASCII terminals get ASCII only', () => {
  const a = glyphs(false);
  const drawn = fitRow(row(span('– · × … → ✓'), theirs('é日', a)), 80, a);
  expect(text(drawn)).toMatch(/^[\x20-\x7e]*$/);
  const signs = (set: typeof g) =>
    Object.values(set)
      .flat()
      .filter((one) => typeof one === 'string');
  for (const sign of signs(a)) expect(sign).toMatch(/^[\x20-\x7e]$/);
  for (const sign of signs(g)) expect(width(sign), sign).toBe(1);
});

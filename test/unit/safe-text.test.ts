import {describe, expect, test} from 'vitest';
import {isSafe, safeText} from '../../src/terminal/safe-text.ts';

describe('safeText', () => {
  test('leaves ordinary text of many languages as it is', () => {
    for (const text of ['', 'GET /a?b=c', 'déjà vu', 'Привет', '日本語のログ', 'שלום', 'हिन्दी', '👍 done', '→ ✓ █']) {
      expect(safeText(text)).toBe(text);
      expect(isSafe(text)).toBe(true);
    }
  });

  test.each([
    ['\x1b[2J', '␛[2J'],
    ['\x1b]52;c;Zm9v\x07', '␛]52;c;Zm9v␇'],
    ['\x9b31m', '‹U+009B›31m'],
    ['\x90q\x9c', '‹U+0090›q‹U+009C›'],
    ['good\rbad', 'good␍bad'],
    ['a\bb\x7f', 'a␈b␡'],
    ['a\tb', 'a b'],
    ['a\nb', 'a␊b'],
    ['user\u202Etxt.exe', 'user‹U+202E›txt.exe'],
    ['\u2066x\u2069\u200e\u200f\u061c', '‹U+2066›x‹U+2069›‹U+200E›‹U+200F›‹U+061C›'],
    ['pay\u200bpal\ufeff', 'pay‹U+200B›pal‹U+FEFF›'],
    ['a\u{e0041}b', 'a‹U+E0041›b'],
    ['l1\u2028l2\u2029', 'l1‹U+2028›l2‹U+2029›'],
    ['x\ufe0f\ufe00\u{e0100}', 'x‹U+FE0F›‹U+FE00›‹U+E0100›'],
    ['\ud800x\udc00', '‹U+D800›x‹U+DC00›'],
    ['\u3164\u115f\u00ad', '‹U+3164›‹U+115F›‹U+00AD›'],
  ])('marks %j', (raw, safe) => {
    expect(safeText(raw)).toBe(safe);
    expect(isSafe(raw)).toBe(false);
  });

  test('has an ASCII twin for every mark', () => {
    expect(safeText('\x1b[31m\x07 \u202e é \x7f', true)).toBe('^[[31m^G <U+202E> ? ^?');
  });

  test('bounds the marks stacked on one letter', () => {
    expect(safeText(`e${'\u0301'.repeat(50)}x`)).toBe(`e${'\u0301'.repeat(3)}‹+47 marks›x`);
    expect(safeText('\u0301x')).toBe('◌\u0301x');
  });

  test('no code point of the whole of Unicode leaves a control, format or separator character behind', () => {
    const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
    const bad: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (acting.test(safeText(character)) || /[^\x20-\x7e]/.test(safeText(character, true))) bad.push(code.toString(16));
    }
    expect(bad).toEqual([]);
  });

  test('is idempotent', () => {
    const once = safeText('\x1b]0;x\x07\u202e\u200d\u{1f1e9}\u{1f1ea}');
    expect(safeText(once)).toBe(once);
  });
});

/** All commands, found by some of their letters, each with what it will do. */
import {fit, wrapLines} from '../../src/terminal/fit.ts';
import {fuzzyFilter} from '../../src/terminal/fuzzy.ts';
import {commands, keyLabel, type Binding, type Circumstances} from '../../src/terminal/keymap.ts';
import {BLANK, row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import {visible} from './present-list.ts';
import {circumstances} from './present-offered.ts';

/** The commands that fit what is typed, best first. */
export function paletteItems(text: string, here: Circumstances): Binding[] {
  return fuzzyFilter(text, commands(here), (one) => one.command!);
}

export function presentPalette(s: Snapshot, overlay: {text: string; index: number}, {width, height}: Space): Presented {
  const items = paletteItems(overlay.text, circumstances(s));
  const rows: Row[] = [
    row(
      span(' : ', 'accent'),
      theirs(overlay.text, s.glyphs),
      span(s.glyphs.caret, 'accent'),
      span(overlay.text === '' ? '  type some letters of a command' : '', 'dim'),
    ),
  ];
  if (items.length === 0) rows.push(row(span('   no command has these letters', 'dim')));
  const index = Math.min(overlay.index, items.length - 1);
  // The whole consequence of the chosen command below the list: in a narrow terminal its row is cut.
  const words = items[index] ? wrapLines(consequence(items[index], s), Math.max(10, width - 4)).slice(0, 3) : [];
  const {from, to} = visible(index, items.length, height - 2 - words.length);
  const longest = Math.max(18, ...items.map((one) => one.command!.length));
  for (let i = from; i < to; i++) {
    const one = items[i]!;
    const key = one.keys[0] === undefined ? '' : keyLabel(one.keys[0]);
    rows.push({
      spans: [
        span(`   ${fit(one.command!, longest + 2)}`, 'strong'),
        span(fit(key, 6), 'accent'),
        theirs(consequence(one, s), s.glyphs, 'plain'),
      ],
      selected: i === index,
      hit: {type: 'item', index: i},
    });
  }
  if (words.length > 0) rows.push(BLANK, ...words.map((line) => row(span(`   ${line}`, 'accent'))));
  return {rows};
}

function consequence(one: Binding, s: Snapshot): string {
  if (one.action !== 'quit') return one.help;
  return s.quitMeans === 'detach' ? 'leave this screen; the server goes on' : 'stop the server gracefully and leave';
}

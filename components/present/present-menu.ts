/** A short list of things to choose from, each with what it does. */
import {fit, wrapLines} from '../../src/terminal/fit.ts';
import {BLANK, row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';
import type {MenuOf} from '../store/ui-state.ts';
import {menuChoices} from './menu-choices.ts';

export function presentMenu(s: Snapshot, overlay: {of: MenuOf; index: number}, {width}: Space): Presented {
  const head = headOf(s, overlay.of);
  const choices = menuChoices(overlay.of, s);
  if (choices.length === 0) return {rows: [head]};
  const rows: Row[] = [head, BLANK];
  choices.forEach((one, index) => {
    rows.push({
      spans: [span(`   ${fit(one.name, 9)}`, 'accent'), span(one.effect)],
      selected: index === overlay.index,
      hit: {type: 'item', index},
    });
  });
  const effect = choices[overlay.index]?.effect ?? '';
  rows.push(BLANK, ...wrapLines(effect, Math.max(10, width - 4)).map((line) => row(span(`   ${line}`, 'accent'))));
  return {rows};
}

function headOf(s: Snapshot, of: MenuOf): Row {
  if (of.type === 'incident') {
    const title = s.state.incidents.find((one) => one.id === of.id)?.title ?? of.id;
    return row(span(' export ', 'strong'), theirs(title, s.glyphs, 'dim'));
  }
  const process = s.state.processes.find((one) => one.pid === of.pid);
  if (!process) return row(span(` process ${of.pid} is gone`, 'dim'));
  const busy = s.state.requests.filter((one) => one.pid === of.pid).length;
  return row(
    span(` signal to ${process.role} ${process.pid} `, 'strong'),
    theirs(process.label, s.glyphs, 'dim'),
    span(busy > 0 ? `  serves ${busy} now` : '', 'soon'),
  );
}

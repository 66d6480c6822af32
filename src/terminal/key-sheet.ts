/** The keys as Markdown, for the documentation: made from the key table, so that it cannot lie. */
import {KEYMAP, keyLabel, type Binding, type Place} from './keymap.ts';

const SECTIONS: readonly {title: string; places: readonly Place[]; only?: Binding['only']}[] = [
  {title: 'Everywhere', places: ['overview', 'requests', 'stacks', 'logs', 'processes', 'incidents']},
  {title: 'Logs', places: ['logs']},
  {title: 'Requests and processes', places: ['requests', 'processes']},
  {title: 'Incidents', places: ['incidents', 'incident']},
  {title: 'Config', places: ['config']},
  {title: 'Terminal (debug mode)', places: ['terminal', 'pane']},
  {title: 'A request, a capture, a log entry, the reloads', places: ['request', 'capture', 'entry', 'reloads']},
  {title: 'When the server has failed', places: ['failed']},
  {title: 'While a recording is played', places: [], only: 'replay'},
];

/** Tables of keys by place; a key stands in the first section that fits it. */
export function keySheet(): string {
  const written = new Set<Binding>();
  const sections = SECTIONS.map(({title, places, only}) => {
    const all = title === 'Everywhere';
    const rows = KEYMAP.filter(
      (one) =>
        one.keys.length > 0 &&
        !written.has(one) &&
        (only === 'replay') === (one.only === 'replay') &&
        (only === 'replay' || all
          ? places.every((place) => one.places.includes(place))
          : places.some((place) => one.places.includes(place))),
    );
    for (const one of rows) written.add(one);
    return `### ${title}\n\n| key | what it does |\n|---|---|\n${rows.map(line).join('\n')}\n`;
  });
  const palette = KEYMAP.filter((one) => one.command !== undefined && one.keys.length === 0);
  return `${sections.join('\n')}\n### Only in the palette (\`:\`)\n\n| command | what it does |\n|---|---|\n${palette.map((one) => `| ${one.command} | ${one.help} |`).join('\n')}\n`;
}

function line(one: Binding): string {
  return `| ${one.keys.map((key) => `\`${keyLabel(key)}\``).join(' ')} | ${one.help} |`;
}

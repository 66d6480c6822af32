/** The keys as Markdown, for the documentation: made from the key table, so that it cannot lie. */
import {KEYMAP, keyLabel, type Binding, type Place} from './keymap.ts';

const SECTIONS: readonly {title: string; places: readonly Place[]}[] = [
  {title: 'Everywhere', places: ['overview', 'requests', 'stacks', 'logs', 'processes']},
  {title: 'Logs', places: ['logs']},
  {title: 'Processes', places: ['processes']},
  {title: 'Config', places: ['config']},
  {title: 'Terminal (debug mode)', places: ['terminal', 'pane']},
  {title: 'A request, a capture, a log entry', places: ['request', 'capture', 'entry']},
  {title: 'When the server has failed', places: ['failed']},
];

/** Tables of keys by place; a key stands in the first section that fits it. */
export function keySheet(): string {
  const written = new Set<Binding>();
  const sections = SECTIONS.map(({title, places}) => {
    const all = title === 'Everywhere';
    const rows = KEYMAP.filter(
      (one) =>
        one.keys.length > 0 &&
        !written.has(one) &&
        (all ? places.every((place) => one.places.includes(place)) : places.some((place) => one.places.includes(place))),
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

import {HEADINGS} from './headings.ts';
import {AREAS, type OptionSpec} from './options/option.ts';
import {OPTIONS} from './options/table.ts';

/** Breaks text into lines of at most `width` columns; a longer word stands alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function notes(option: OptionSpec): string {
  const parts: string[] = [];
  if (typeof option.default === 'number' || typeof option.default === 'string') parts.push(`default ${option.default}`);
  if (option.repeatable) parts.push('may be repeated');
  if (option.needs) parts.push(`mod_wsgi ${option.needs}`);
  return parts.length === 0 ? '' : ` [${parts.join('; ')}]`;
}

function entry(option: OptionSpec, width: number): string[] {
  const head = `  ${option.flags[0]}${option.metavar ? ` ${option.metavar}` : ''}`;
  return [head, ...wrap(option.help + notes(option), Math.max(20, width - 6)).map((line) => `      ${line}`)];
}

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 100;

/** The text of `wsgideck start-server --help`, generated from the option table, at most `columns` wide. */
export function helpText(columns = 80): string {
  const width = Math.min(columns, WIDEST);
  const lines = [
    'Usage: wsgideck start-server [OPTIONS] SCRIPT',
    '       wsgideck setup-server [OPTIONS] SCRIPT',
    '',
    ...wrap(
      'Serves a Python web application with Apache and mod_wsgi. Names of options may be cut short as long as they stay unique; $NAME in a value is replaced from the environment.',
      width,
    ),
  ];
  for (const area of AREAS) {
    const options = OPTIONS.filter((option) => option.area === area && !option.hidden);
    if (options.length === 0) continue;
    lines.push('', `${HEADINGS[area]}:`, ...options.flatMap((option) => entry(option, width)));
  }
  lines.push('', 'Other:', '  --help', '      Show this text.', '  --version', '      Show the version.');
  return `${lines.join('\n')}\n`;
}

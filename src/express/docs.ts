import {HEADINGS} from './headings.ts';
import {AREAS, type OptionSpec} from './options/option.ts';
import {OPTIONS} from './options/table.ts';

/** Characters that Markdown would take for its own. */
const prose = (text: string): string => text.replaceAll(/[\\*<>[\]`|]/g, '\\$&').replaceAll(/(?<!\w)_|_(?!\w)/g, '\\_');
const code = (text: string): string => `\`${text}\``;

function range({range, orZero}: OptionSpec): string | null {
  if (range === undefined) return null;
  const [least, most] = range;
  return `${orZero ? '0, or ' : ''}${most === null ? `${least} or more` : `${least} to ${most}`}`;
}

function shownDefault(option: OptionSpec): string | null {
  const {default: value} = option;
  if (typeof value === 'number') return `default ${value}`;
  return typeof value === 'string' ? `default ${code(value)}` : null;
}

/** What there is to know beside the help text, in a fixed order. */
function notes(option: OptionSpec): string {
  const {choices, repeatable, directive, since, needs, flags} = option;
  const parts = [
    shownDefault(option),
    choices === undefined ? null : `one of ${choices.map(code).join(', ')}`,
    range(option),
    repeatable ? 'may be repeated' : null,
    flags.length > 1 ? `also ${flags.slice(1).map(code).join(', ')}` : null,
    directive === 'none' ? null : `becomes ${code(directive)}`,
    needs === undefined ? null : `needs mod_wsgi ${needs}`,
    since === 'wsgideck' ? 'only in wsgideck' : `in mod_wsgi-express since ${since}`,
  ];
  const text = parts.filter((part) => part !== null).join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function entry(option: OptionSpec): string {
  const head = `${option.flags[0]}${option.metavar ? ` ${option.metavar}` : ''}`;
  return `### ${code(head)}\n\n${prose(option.help)}\n\n${notes(option)}\n`;
}

const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

/** The page of all options of `start-server` and `setup-server`, in Markdown. */
export function optionsPage(): string {
  const areas = AREAS.filter((area) => area !== 'removed').map((area) => ({
    title: HEADINGS[area],
    // The old spellings last.
    options: OPTIONS.filter((option) => option.area === area).toSorted((a, b) => Number(a.hidden ?? false) - Number(b.hidden ?? false)),
  }));
  const removed = OPTIONS.filter((option) => option.refused !== undefined);
  const known = OPTIONS.length - removed.length;
  const contents = areas.map(({title, options}) => `- [${title}](#${anchor(title)}) (${options.length})`);
  return [
    '<!-- Written by tools/docs.mjs from the option table in src/express/options/; change that, then run: node tools/docs.mjs -->',
    '',
    '# Options of start-server and setup-server',
    '',
    `${known} options. A name may be cut short as long as it stays unique; \`--name VALUE\` and \`--name=VALUE\` are the same; \`$NAME\` in a value is replaced`,
    'from the environment. Names, meanings and defaults are those of `mod_wsgi-express`; what only wsgideck has says so. "Becomes" names the directive',
    'of Apache or mod_wsgi that an option turns into; the generated `httpd.conf` shows it in place.',
    '',
    'Files of `--include-file` and `--envvars-script`, and the application, find the names of `mod_wsgi-express`: the variables `MOD_WSGI_MODULES_DIRECTORY`,',
    '`_SERVER_ROOT`, `_LISTENER_HOST`, `_HTTP_PORT`, `_HTTPS_PORT` (`None` without HTTPS), `_USER`, `_GROUP`, `_WORKING_DIRECTORY`, and for `<IfDefine>` everything that',
    'its configuration tests, such as `MOD_WSGI_WITH_HTTPS`. As root, `MOD_WSGI_USER` and `MOD_WSGI_GROUP` in the environment win over `--user` and `--group`.',
    '',
    ...contents,
    '',
    ...areas.flatMap(({title, options}) => [`## ${title}`, '', ...options.map(entry)]),
    `## ${HEADINGS.removed}`,
    '',
    'Options that old releases had. They are refused, with the reason.',
    '',
    '| option | why |',
    '|---|---|',
    ...removed.map(({flags, refused}) => `| ${code(flags[0])} | ${prose(refused ?? '')} |`),
    '',
  ].join('\n');
}

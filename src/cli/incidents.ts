import {rmSync, writeFileSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {reportOf} from '../diagnose/report/index.ts';
import {textReport} from '../diagnose/report/text.ts';
import {type DamagedIncident, findIncidents, type FoundIncidents} from '../instance/incidents/find-incidents.ts';
import type {IncidentFormat} from '../model/commands.ts';
import type {IncidentSummary} from '../model/incidents.ts';
import {duration} from '../terminal/format.ts';
import {safeText} from '../terminal/safe-text.ts';
import {nameProblem, writeProblem} from '../instance/write-problem.ts';
import {readWords, type Values} from './read-words.ts';
import {fail} from './report.ts';
import {say} from './say.ts';

const HELP = `usage: wsgideck incidents [INSTANCE] [ID] [OPTIONS]

What went wrong: lists the incidents of a server, or shows one with its evidence (stacks, log lines, figures, what it
means). INSTANCE is a name, port, pid or server root, as wsgideck ps shows them; of a server that is gone, its server
root. ID is one of the list, the end of one, or "last". Secrets are masked.

  --server-root DIR    the same as INSTANCE
  --json               the list as one JSON object a line; with ID all of that incident in one
  --format FORMAT      json, markdown, or html (one page that needs nothing else)
  --output FILE        into a file, readable for you alone, instead of standard output
  --force              replace FILE when it exists
  --help               this text
`;

const OPTIONS = {
  'server-root': {type: 'string'},
  json: {type: 'boolean'},
  format: {type: 'string'},
  output: {type: 'string', short: 'o'},
  force: {type: 'boolean'},
} as const;

const FORMATS: readonly string[] = ['json', 'markdown', 'html'] satisfies IncidentFormat[];

/** Damaged files that are named; the others are counted. */
const NAMED = 5;

interface Asked {
  server: string | undefined;
  id: string | undefined;
  json: boolean;
  format: IncidentFormat | undefined;
  output: string | undefined;
  force: boolean;
}

/** `wsgideck incidents`: exit status 2 for a wrong command line, 1 when there is no such incident or server. */
export async function incidents(argv: string[]): Promise<void> {
  const asked = readWords('incidents', argv, OPTIONS, HELP, asAsked);
  if (asked === null) return;
  let found: FoundIncidents | null = null;
  try {
    found = await findIncidents(asked.server);
    if (found.damaged.length > 0 && asked.id === undefined) say(`warning: ${left(found.damaged)}`);
    put(asked.id === undefined ? list(found, asked) : await one(found, asked.id, asked), asked);
  } catch (error) {
    fail((error as Error).message);
  } finally {
    found?.end();
  }
}

/** Damaged files that the list leaves out, in one line. */
function left(damaged: readonly DamagedIncident[]): string {
  const names = damaged.slice(0, NAMED).map(({path}) => basename(path));
  if (damaged.length > NAMED) names.push(`${damaged.length - NAMED} more`);
  const [one, them] = damaged.length === 1 ? ['1 damaged file is', 'it'] : [`${damaged.length} damaged files are`, 'them'];
  return `${one} left out: ${names.join(', ')} in ${dirname(damaged[0]!.path)}; wsgideck incidents ID says what is wrong with one; put back a good copy, or remove ${them}`;
}

function list({list, name}: FoundIncidents, {json}: Asked): string {
  if (json) return list.map((summary) => `${JSON.stringify(summary)}\n`).join('');
  if (list.length === 0) return `no incidents: ${safeText(name)}\n`;
  const rows = list.map((summary) => [summary.id, local(summary.openedAt), lasted(summary), summary.kind, title(summary)]);
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)), []);
  return list
    .flatMap(({where, cause}, index) => {
      const row = rows[index]!.map((cell, column) => (column === 4 ? cell : cell.padEnd(widths[column]!))).join('  ');
      const more = [where ? `at ${where.file}:${where.line}` : '', cause].filter((line) => line !== '');
      return [row, ...more.map((line) => `    ${safeText(line)}`)];
    })
    .map((line) => `${line}\n`)
    .join('');
}

const title = ({title, count}: IncidentSummary): string => safeText(count > 1 ? `${title} (${count} times)` : title);

function lasted({openedAt, closedAt}: IncidentSummary): string {
  return closedAt === null ? 'open' : duration(closedAt - openedAt);
}

async function one(found: FoundIncidents, word: string, {json, format}: Asked): Promise<string> {
  const meant = ({id}: {id: string}) => id === word || id.endsWith(`-${word}`);
  const id = word === 'last' ? found.list.at(-1)?.id : found.list.findLast(meant)?.id;
  const incident = id === undefined ? null : await found.get(id);
  const damaged = found.damaged.findLast(meant);
  if (!incident && damaged)
    throw new Error(`incident ${damaged.id} is damaged: ${damaged.path}: ${damaged.reason}; put back a good copy, or remove it`);
  if (!incident) throw new Error(`there is no incident "${word}" (${found.name}); wsgideck incidents lists them`);
  if (format !== undefined) return reportOf(incident, format).text;
  return json ? `${JSON.stringify(incident)}\n` : `${textReport(incident).join('\n')}\n`;
}

function put(text: string, {output, force}: Asked): void {
  if (output === undefined) return void process.stdout.write(text);
  const taken = nameProblem(output, force);
  if (taken !== null) throw new Error(taken);
  try {
    // Not written into: what others can read, or a link leads to, stays what it was.
    rmSync(output, {force: true});
    writeFileSync(output, text, {mode: 0o600, flag: 'wx'});
  } catch (error) {
    throw new Error(`${output}: cannot be written: ${writeProblem(error)}`, {cause: error});
  }
  say(`written: ${output}`);
}

function local(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function asAsked(words: string[], values: Values<typeof OPTIONS>): Asked {
  const ids = words.filter(isId);
  const servers = [...words.filter((word) => !isId(word)), ...(values['server-root'] === undefined ? [] : [values['server-root']])];
  // The end of an id alone looks like a name: with a server given it is an id.
  if (servers.length === 2 && ids.length === 0) ids.push(...servers.splice(values['server-root'] === undefined ? 1 : 0, 1));
  if (servers.length > 1 || ids.length > 1) throw new Error('one server and one incident at a time');
  const {format} = values;
  if (format !== undefined && !FORMATS.includes(format)) throw new Error(`--format takes json, markdown or html, not "${format}"`);
  if (format !== undefined && ids.length === 0) throw new Error('--format needs the ID of an incident, or "last"');
  if (format !== undefined && values.json) throw new Error('--json and --format do not go together');
  return {
    server: servers[0],
    id: ids[0],
    json: values.json ?? false,
    format: format as IncidentFormat | undefined,
    output: values.output,
    force: values.force ?? false,
  };
}

function isId(word: string): boolean {
  return word === 'last' || /^\d{8}-\d{6}-[\da-f]{2,8}$/.test(word);
}

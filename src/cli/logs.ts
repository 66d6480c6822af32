import {logFilesOf} from '../instance/instances/log-files.ts';
import {readLog} from '../instance/instances/read-log.ts';
import {resolveInstance} from '../instance/instances/resolve-instance.ts';
import type {Instance} from '../instance/instances/instance.ts';
import {entryLines} from '../instance/plain.ts';
import type {LogFilter} from '../model/commands.ts';
import {LOG_LEVELS, type LogEntry, type LogLevel} from '../model/log.ts';
import {compileFilter} from '../sources/logs/log-filter.ts';
import {safeText} from '../terminal/safe-text.ts';
import {LineOutput} from '../terminal/line-output.ts';
import {INSTANCE_HELP, readInstanceWords} from './instance-words.ts';
import {endSoon} from './last-resort.ts';
import {outputFailed} from './output.ts';
import {fail} from './report.ts';
import {say} from './say.ts';

const HELP = `usage: wsgideck logs [INSTANCE] [OPTIONS]

The newest lines of all logs of a server, in one order, tracebacks and stack dumps kept together. Of a server that does not run, the end
of its error log: give its server root. ${INSTANCE_HELP}

  --follow, -f       go on with what is written from now on, until ctrl-c
  --lines N, -n N    how many of the newest (100)
  --level LEVEL      only this level and worse: ${LOG_LEVELS.join(', ')}
  --filter REGEXP    only lines that match; a leading ! shows those that do not
  --json             each entry as a line of JSON
  --help             this text
`;

const OPTIONS = {
  follow: {type: 'boolean', short: 'f', default: false},
  lines: {type: 'string', short: 'n', default: '100'},
  level: {type: 'string'},
  filter: {type: 'string'},
  json: {type: 'boolean', default: false},
} as const;

/** `wsgideck logs`: exit status 2 for a wrong command line, 1 when there is no log to be read. */
export async function logs(argv: string[]): Promise<void> {
  const asked = readInstanceWords('logs', argv, OPTIONS, HELP);
  if (asked === null) return;
  const {follow, lines, level, filter: text, json} = asked.values;
  const limit = Number(lines);
  if (!Number.isInteger(limit) || limit < 0) return fail(`logs: --lines takes a number, not "${lines}"`, 2);
  if (level !== undefined && !isLevel(level)) return fail(`logs: there is no level "${level}"; use one of ${LOG_LEVELS.join(', ')}`, 2);
  const filter: LogFilter = {...(text !== undefined && {text}), ...(level !== undefined && {level})};
  const compiled = compileFilter(filter);
  if ('error' in compiled) return fail(`logs: --filter: ${compiled.error}`, 2);
  const ending = new AbortController();
  // A reader that stops reading (less, a frozen terminal) is not to fill our memory, nor to keep us from ending.
  const dropped = (count: number) => (json ? JSON.stringify({dropped: count}) : `... ${count} lines left out`);
  const output = follow ? new LineOutput(1, dropped, (error) => ending.abort(outputFailed(error))) : null;
  const put = (text: string) => (output ? output.put(text) : void process.stdout.write(`${text}\n`));
  const print = (entry: LogEntry) => put(json ? JSON.stringify(entry) : entryLines(entry).join('\n'));
  if (follow) for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => ending.abort());
  try {
    const instance = await running(asked.word);
    if ('why' in instance) return ofFiles(instance, limit, follow || json || text !== undefined || level !== undefined);
    const reason = await readLog(instance, {filter, matches: compiled.matches, limit, follow, signal: ending.signal}, print);
    if (reason !== null && !ending.signal.aborted) say(reason);
  } catch (error) {
    fail((error as Error).message);
  } finally {
    await output?.end(ending.signal.aborted ? 0 : PATIENCE);
    if (follow) endSoon();
  }
}

/** Milliseconds for a reader to take the last lines of a server that has ended. */
const PATIENCE = 10_000;

/** A server root with logs, and no supervisor that could be asked for them. */
interface Left {
  root: string;
  why: string;
}

async function running(word: string | undefined): Promise<Instance | Left> {
  try {
    const instance = await resolveInstance(word);
    const {kind, controlSocket, name, serverRoot, problem} = instance;
    // Killed a moment ago: its Apache is still there, and now its log is wanted most.
    const left = kind === 'ours' && controlSocket === undefined && logFilesOf(serverRoot) !== null;
    return left ? {root: serverRoot, why: `${name}: ${problem}`} : instance;
  } catch (error) {
    if (word === undefined || logFilesOf(word) === null) throw error;
    return {root: word, why: `no server runs in ${word}`};
  }
}

function ofFiles({root, why}: Left, limit: number, more: boolean): void {
  const found = logFilesOf(root)!;
  if (more) return fail(`${why}, so only the end of its error log can be shown, without options: ${found.errorLog}`);
  say(`${why}; the end of ${found.errorLog}:`);
  for (const line of found.tail(limit)) process.stdout.write(`${safeText(line)}\n`);
}

const isLevel = (word: string): word is LogLevel => (LOG_LEVELS as readonly string[]).includes(word);

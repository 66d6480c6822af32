import {basename} from 'node:path';
import {parseArgs} from 'node:util';
import {currentHost} from '../express/index.ts';
import {foreignPlan} from '../instance/foreign/foreign-plan.ts';
import {linkForAttach} from '../instance/foreign/attach-link.ts';
import {Console} from '../instance/foreign/console.ts';
import {readOriginalOptions} from '../instance/foreign/original-options.ts';
import {findProgram, prepare, refusal, type Prepared} from '../instance/foreign/prepare.ts';
import {removePrivateFolder} from '../instance/foreign/private-folder.ts';
import {recognise} from '../instance/foreign/recognise.ts';
import {nameNewest, rotatedPrefix} from '../instance/foreign/rotated-log.ts';
import {runForeign, type ForeignRun} from '../instance/foreign/run-foreign.ts';
import {readTruth} from '../instance/foreign/truth.ts';
import {catchSignals, type Signals} from '../instance/signals.ts';
import {StartupOutput} from '../instance/startup-output.ts';
import type {InstancePlan} from '../instance/instance-plan.ts';
import type {FirstRun} from '../instance/run-instance.ts';
import {hasTerminal} from '../instance/terminal.ts';
import type {ExitInfo} from '../model/events.ts';
import {safeText} from '../terminal/safe-text.ts';
import {leave} from './leave.ts';
import {fail} from './report.ts';
import {say} from './say.ts';

const HELP = `usage: wsgideck run [OPTIONS] -- COMMAND...

Supervises the original as it is, with the dashboard:

  wsgideck run -- mod_wsgi-express start-server app.wsgi --port 8001
  wsgideck run -- python manage.py runmodwsgi

  --plain              log lines instead of the dashboard (also without a terminal)
  --json               every event as a line of JSON
  --probe-path PATH    URL path asked for until the server answers (default: the mount point)
  --help               this text
`;

const UNSEEN =
  'the rotated error logs are on another file system than the temporary directory: they are not shown; set TMPDIR to a place beside them';

/** Lines of the command's own output that are repeated when there is no server in the end. */
const LAST_LINES = 10;
/** Milliseconds after which a start that has not got as far as Apache is mentioned. */
const SLOW = 1500;

interface Asked {
  plain: boolean;
  json: boolean;
  probePath: string | null;
  command: string[];
}

/** `wsgideck run -- COMMAND`: exit status 2 for a wrong command line, 127 for a command that is not there, otherwise the command's own. */
export async function runCommand(argv: string[]): Promise<void> {
  const asked = read(argv);
  if (asked === null) return;
  const host = currentHost();
  const command = recognise(asked.command);
  if (typeof command === 'string') return fail(command, 2);
  const options = readOriginalOptions(command, host.env);
  const no = refusal(options);
  if (no !== null) return fail(no, 2);
  const program = findProgram(command.head[0]!, host);
  if (program === null) return fail(`${command.head[0]}: there is no such program; is the virtual environment active?`, 127);
  const signals = catchSignals();
  let prepared: Prepared;
  try {
    prepared = prepare(command, options, program, host);
  } catch (error) {
    return fail((error as Error).message);
  }
  const end = await supervise(prepared, asked, signals);
  // Before we end by a signal, as Apache may have: nothing of ours is to stay.
  removePrivateFolder(prepared.folder.path);
  if (end.text !== null) say(`error: ${safeText(end.text)}`);
  leave(end.exit);
}

function read(argv: string[]): Asked | null {
  const end = argv.findIndex((word, index) => word === '--' || (!word.startsWith('-') && argv[index - 1] !== '--probe-path'));
  const own = end < 0 ? argv : argv.slice(0, end);
  const options = {
    plain: {type: 'boolean'},
    json: {type: 'boolean'},
    'probe-path': {type: 'string'},
    help: {type: 'boolean', short: 'h'},
  } as const;
  try {
    const {values} = parseArgs({args: own, options});
    const command = end < 0 ? [] : argv.slice(argv[end] === '--' ? end + 1 : end);
    if (values.help) {
      process.stdout.write(HELP);
      return null;
    }
    if (command.length === 0)
      throw new Error('which command is to be supervised? As in: wsgideck run -- mod_wsgi-express start-server app.wsgi');
    if (values['probe-path'] !== undefined && !values['probe-path'].startsWith('/'))
      throw new Error('--probe-path takes a URL path, which starts with /');
    return {plain: values.plain ?? false, json: values.json ?? false, probePath: values['probe-path'] ?? null, command};
  } catch (error) {
    fail(`run: ${(error as Error).message.split('. ')[0]}`, 2);
    return null;
  }
}

interface End {
  exit: ExitInfo;
  /** What went wrong, null when nothing did. */
  text: string | null;
}

/** Runs the command, and the instance once Apache is there. */
async function supervise(prepared: Prepared, asked: Asked, signals: Signals): Promise<End> {
  const output = new StartupOutput();
  const printed = new Console(prepared.folder.console, (line) => output.chunk(Buffer.from(`${line}\n`)));
  await printed.start();
  const launch = (onOutput: (chunk: Buffer) => void) => runForeign(prepared.launch, onOutput, () => printed.look());
  const at = Date.now();
  let running: ForeignRun | null = null;
  let stopNaming: (() => void) | null = null;
  try {
    running = launch(output.chunk);
    const {apachePid, stopped} = await untilStarted(running, signals, prepared);
    await printed.look();
    if (apachePid === null) return await withoutApache(running, stopped, prepared, [...printed.banner, ...output.lines]);
    const truth = readTruth(apachePid);
    const plan = foreignPlan(prepared, truth, printed.banner, asked.probePath, currentHost());
    const prefix = rotatedPrefix(truth?.errorLog ?? '');
    stopNaming = prefix === null ? null : nameNewest(prefix, prepared.folder.rotatedLog, at);
    const warnings = prefix !== null && stopNaming === null ? [...plan.warnings, UNSEEN] : plan.warnings;
    return await watch({...plan, warnings}, {running, at, output, launch}, asked, signals);
  } catch (error) {
    running?.signal('SIGTERM');
    await running?.ended;
    return {exit: {code: 1, signal: null}, text: (error as Error).message};
  } finally {
    stopNaming?.();
    await printed.stop();
  }
}

async function watch(plan: InstancePlan, first: FirstRun, asked: Asked, signals: Signals): Promise<End> {
  const {runInstance} = await import('../instance/run-instance.ts');
  const kind = asked.json ? 'json' : asked.plain || !hasTerminal() ? 'plain' : 'dashboard';
  if (kind !== 'dashboard') for (const text of plan.warnings) say(`warning: ${text}`);
  const unlink = linkForAttach(plan.info.serverRoot, plan.controlSocket);
  try {
    const {exit, failure} = await runInstance(plan, first, kind, signals);
    if (failure !== null) for (const line of first.output.lines.slice(-LAST_LINES)) say(safeText(line));
    return {exit, text: failure === null ? null : `${failure}; see ${plan.info.errorLog}`};
  } finally {
    unlink();
  }
}

/** Waits for Apache to appear; a signal meanwhile ends the command. */
async function untilStarted(
  running: ForeignRun,
  signals: Signals,
  prepared: Prepared,
): Promise<{apachePid: number | null; stopped: boolean}> {
  let stopped = false;
  signals((signal) => {
    stopped = true;
    running.signal(signal === 'SIGINT' ? signal : 'SIGTERM');
  });
  const late = setTimeout(() => say(`waiting for ${nameOf(prepared)} to start Apache`), SLOW);
  // The time until then is free to load what watches over Apache.
  const [apachePid] = await Promise.all([running.started, import('../instance/run-instance.ts')]);
  clearTimeout(late);
  return {apachePid, stopped};
}

/** The command has ended by itself, or was told to: its own words say why. */
async function withoutApache(running: ForeignRun, stopped: boolean, prepared: Prepared, words: readonly string[]): Promise<End> {
  const {exit} = await running.ended;
  if (stopped) return {exit, text: null};
  for (const line of words) process.stderr.write(`${safeText(line)}\n`);
  const how = exit.signal === null ? `with status ${exit.code}` : `by ${exit.signal}`;
  return {
    exit: exit.code === 0 ? {code: 1, signal: null} : exit,
    text: `${nameOf(prepared)} ended ${how} before anything was served`,
  };
}

/** The command in two words: `mod_wsgi-express start-server`, `manage.py runmodwsgi`. */
function nameOf({command}: Prepared): string {
  return command.head
    .slice(-2)
    .map((word) => basename(word))
    .join(' ');
}

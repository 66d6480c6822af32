import {parseArgs} from 'node:util';
import {currentHost} from '../express/index.ts';
import {foreignPlan} from '../instance/foreign/foreign-plan.ts';
import {linkForAttach} from '../instance/foreign/attach-link.ts';
import {Console} from '../instance/foreign/console.ts';
import {readOriginalOptions} from '../instance/foreign/original-options.ts';
import {findProgram, prepare, refusal, type Prepared} from '../instance/foreign/prepare.ts';
import {removePrivateFolder} from '../instance/foreign/private-folder.ts';
import {recognise} from '../instance/foreign/recognise.ts';
import {runForeign, type ForeignRun} from '../instance/foreign/run-foreign.ts';
import {readTruth} from '../instance/foreign/truth.ts';
import {catchSignals, type Signals} from '../instance/signals.ts';
import {StartupOutput} from '../instance/startup-output.ts';
import {hasTerminal} from '../instance/terminal.ts';
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
  const command = recognise(asked.command);
  if (typeof command === 'string') return fail(command, 2);
  const options = readOriginalOptions(command.args);
  const no = refusal(options);
  if (no !== null) return fail(no, 2);
  const host = currentHost();
  const program = findProgram(command.head[0]!, host);
  if (program === null) return fail(`${command.head[0]}: there is no such program; is the virtual environment active?`, 127);
  const signals = catchSignals();
  let prepared: Prepared;
  try {
    prepared = prepare(command, options, program, host);
  } catch (error) {
    return fail((error as Error).message);
  }
  try {
    await supervise(prepared, asked, signals);
  } catch (error) {
    fail((error as Error).message);
  } finally {
    removePrivateFolder(prepared.folder.path);
  }
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

async function supervise(prepared: Prepared, asked: Asked, signals: Signals): Promise<void> {
  const host = currentHost();
  const output = new StartupOutput();
  const console = new Console(prepared.folder.console, (line) => output.chunk(Buffer.from(`${line}\n`)));
  await console.start();
  const launch = (onOutput: (chunk: Buffer) => void) => runForeign(prepared.launch, onOutput, () => console.look());
  const at = Date.now();
  const running = launch(output.chunk);
  const {runInstance} = await import('../instance/run-instance.ts');
  const apache = await untilStarted(running, signals, prepared);
  await console.look();
  if (apache === null) {
    const {exit} = await running.ended;
    await console.stop();
    for (const line of [...console.banner, ...output.lines]) process.stderr.write(`${safeText(line)}\n`);
    say(
      `error: ${prepared.command.head.slice(-2).join(' ')} ended ${exit.signal ? `by ${exit.signal}` : `with status ${exit.code}`} without having started Apache`,
    );
    return leave(exit.code === 0 ? {code: 1, signal: null} : exit);
  }
  const plan = foreignPlan(prepared, readTruth(apache), console.banner, asked.probePath, host);
  const unlink = linkForAttach(plan.info.serverRoot, plan.controlSocket);
  const kind = asked.json ? 'json' : asked.plain || !hasTerminal() ? 'plain' : 'dashboard';
  if (kind !== 'dashboard') for (const text of plan.warnings) say(`warning: ${text}`);
  const {exit, failure} = await runInstance(plan, {running, at, output, launch}, kind, signals);
  unlink();
  await console.stop();
  if (failure !== null) {
    for (const line of output.lines.slice(-LAST_LINES)) say(safeText(line));
    say(`error: ${safeText(failure)}; see ${plan.info.errorLog}`);
  }
  leave(exit);
}

/** Waits for Apache to appear; a signal meanwhile ends the command. */
async function untilStarted(running: ForeignRun, signals: Signals, {command}: Prepared): Promise<number | null> {
  signals((signal) => running.signal(signal === 'SIGHUP' || signal === 'SIGUSR1' ? 'SIGTERM' : signal));
  const late = setTimeout(() => say(`waiting for ${command.head.slice(-2).join(' ')} to start Apache`), SLOW);
  const pid = await running.started;
  clearTimeout(late);
  return pid;
}

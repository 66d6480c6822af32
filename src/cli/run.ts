import {parseArgs} from 'node:util';
import {currentHost} from '../express/index.ts';
import {readOriginalOptions} from '../instance/foreign/original-options.ts';
import {findProgram, prepare, refusal, type Prepared} from '../instance/foreign/prepare.ts';
import {leftBehindRuns, removePrivateFolder} from '../instance/foreign/private-folder.ts';
import {recognise} from '../instance/foreign/recognise.ts';
import {supervise} from '../instance/foreign/supervise.ts';
import {catchSignals} from '../instance/signals.ts';
import {hasTerminal} from '../instance/terminal.ts';
import {plural} from '../terminal/format.ts';
import {safeText} from '../terminal/safe-text.ts';
import {endSoon} from './last-resort.ts';
import {leave} from './leave.ts';
import {fail, mistakeOf} from './report.ts';
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
  for (const {path, pids} of leftBehindRuns(host.tmpdir)) {
    const what = `${plural(pids.length, 'process', 'processes')} of a server that was killed still ${pids.length === 1 ? 'runs' : 'run'}`;
    say(`warning: ${what} (${pids.join(', ')}); end them with: wsgideck stop ${path}`);
  }
  const signals = catchSignals();
  let prepared: Prepared;
  try {
    prepared = prepare(command, options, program, host);
  } catch (error) {
    return fail((error as Error).message);
  }
  const kind = asked.json ? 'json' : asked.plain || !hasTerminal() ? 'plain' : 'dashboard';
  const end = await supervise(prepared, {kind, probePath: asked.probePath, say}, signals);
  // Before we end by a signal, as Apache may have: nothing of ours is to stay.
  removePrivateFolder(prepared.folder.path);
  if (end.text !== null) say(`error: ${safeText(end.text)}`);
  endSoon();
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
    fail(`run: ${mistakeOf(error)}`, 2);
    return null;
  }
}

import {
  bannerLines,
  checkScript,
  currentHost,
  discover,
  helpText,
  parseStartServer,
  planServer,
  prepareServer,
  type Problem,
  type StartOptions,
} from '../express/index.ts';
import {fail, reading} from './report.ts';
import {refuse, say} from './say.ts';
import {VERSION} from './version.ts';

/**
 * `wsgideck setup-server`: writes the server root, prints what is where, and stops. Sets the exit status: 2 for a wrong command line, 1 when
 * something stands in the way.
 */
export async function setupServer(argv: string[]): Promise<void> {
  const parsed = reading(() => parseStartServer(argv, process.env));
  if (parsed?.action === 'help') process.stdout.write(helpText(process.stdout.columns));
  else if (parsed?.action === 'version') process.stdout.write(`wsgideck ${VERSION}\n`);
  else if (parsed) await setUp(parsed.options);
}

/** The same for options that are read already (`start-server --setup-only`). */
export async function setUp(options: StartOptions): Promise<void> {
  const host = currentHost();
  const setup = {...options, setupOnly: true};
  const discovery = discover(setup, host);
  if (!discovery.ok) return refuse(discovery.problems);
  const plan = planServer(setup, discovery.found, host);
  let problems: Problem[];
  try {
    ({problems} = await prepareServer(plan));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  const refused = problems.filter((one) => one.severity === 'error');
  if (refused.length > 0) return refuse(refused);
  process.stdout.write(`${bannerLines(plan).join('\n')}\n`);
  // The application may be put in place between set-up and start.
  for (const {text} of [...problems, ...(await checkScript(plan))]) say(`warning: ${text}`);
}

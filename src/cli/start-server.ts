import {currentHost, discover, helpText, parseStartServer, planServer, UsageError, type StartOptions} from '../express/index.ts';
import {refuse} from './say.ts';
import {serve} from './serve.ts';

/** `wsgideck start-server`: exit status 2 for a wrong command line, 1 for what stands in the way of a start, otherwise Apache's own. */
export async function startServer(argv: string[]): Promise<void> {
  const options = read(argv);
  if (options === null) return;
  if (options.setupOnly) return (await import('./setup-server.ts')).setUp(options);
  const host = currentHost();
  const discovery = discover(options, host);
  if (!discovery.ok) return refuse(discovery.problems);
  return serve(planServer(options, discovery.found, host));
}

function read(argv: string[]): StartOptions | null {
  try {
    const parsed = parseStartServer(argv, process.env);
    if (parsed.action === 'run') return parsed.options;
    if (parsed.action === 'help') process.stdout.write(helpText(process.stdout.columns));
    else void import('./usage.ts').then(({usage}) => usage('--version'));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.line}\n`);
    process.exitCode = error.exitCode;
  }
  return null;
}

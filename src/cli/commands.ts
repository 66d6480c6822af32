import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {COMMANDS} from './command-table.ts';

export {useKeptCode} from './kept-code.ts';

/** Commands that draw on the terminal, or write their lines to the descriptor themselves. */
const DRAWING = new Set(['start-server', 'runmodwsgi', 'run', 'attach', 'replay', 'record']);

/** Runs one command. */
export async function run([name, ...rest]: string[]): Promise<void> {
  ownEnvironment();
  const command = COMMANDS.find((one) => one.name === name);
  const help = rest.includes('--help') && !rest.includes('--');
  if (help || !DRAWING.has(name ?? '')) (await import('./output.ts')).guardOutput();
  if (command) return command.run(rest);
  return (await import('./usage.ts')).usage(name);
}

/**
 * Called as ENVIRONMENT/bin/mod_wsgi-express (a link to us in the place of the original), that virtual environment is the one to use,
 * active or not: scripts and unit files call the original in this way.
 */
function ownEnvironment(): void {
  const folder = dirname(dirname(process.argv[1] ?? ''));
  if (existsSync(join(folder, 'pyvenv.cfg'))) process.env['VIRTUAL_ENV'] = folder;
}

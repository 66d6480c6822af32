import {parseArgs} from 'node:util';
import {survey} from '../instance/instances/find-instances.ts';
import {psLines, psNotes, psObjects} from '../instance/instances/ps-table.ts';
import {fail, mistakeOf} from './report.ts';
import {say} from './say.ts';

const HELP = `usage: wsgideck ps [--json]

The servers with mod_wsgi on this machine, whoever started them: ours, those of mod_wsgi-express, and Apaches of the system. PID is what a
signal goes to: the supervisor of ours, Apache's parent of the others.

  --json    a list of objects: pid as in the table, supervisorPid, apachePid and what else is known
  --help    this text
`;

/** `wsgideck ps`: exit status 0, also when there is none. */
export async function ps(argv: string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) return void process.stdout.write(HELP);
  let json: boolean;
  try {
    json = parseArgs({args: argv, options: {json: {type: 'boolean', default: false}}}).values.json;
  } catch (error) {
    return fail(`ps: ${mistakeOf(error)}`, 2);
  }
  const found = await survey();
  if (json) process.stdout.write(`${JSON.stringify(psObjects(found.instances))}\n`);
  else if (found.instances.length > 0) process.stdout.write(`${psLines(found.instances, Date.now()).join('\n')}\n`);
  for (const note of psNotes(found)) say(note);
}

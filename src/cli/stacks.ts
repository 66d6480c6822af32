import {gatherStacks, type WantedStacks} from '../instance/actions/gather-stacks.ts';
import {readWords, type Values} from './read-words.ts';
import {fail} from './report.ts';
import {stacksText} from './stacks-text.ts';

const HELP = `usage: wsgideck stacks [INSTANCE] [OPTIONS]

What every thread of a server is doing now: equal stacks as one, with source lines and requests. INSTANCE is a name, server root, port or
pid, as wsgideck ps shows them; it is not needed when there is only one.

  --server-root DIR    the same as INSTANCE
  --pid PID            only this process; works for any Python process, without a supervisor too (with pystack or py-spy, and the right to trace)
  --request ID         only the thread that serves this request (the id is Apache's %L, and mod_wsgi.request_id)
  --json               the captures as JSON
  --help               this text
`;

const OPTIONS = {
  'server-root': {type: 'string'},
  pid: {type: 'string'},
  request: {type: 'string'},
  json: {type: 'boolean'},
} as const;

interface Asked {
  wanted: WantedStacks;
  json: boolean;
}

/** `wsgideck stacks`: exit status 2 for a wrong command line, 1 when there are no stacks. */
export async function stacks(argv: string[]): Promise<void> {
  const asked = readWords('stacks', argv, OPTIONS, HELP, asWanted);
  if (asked === null) return;
  try {
    const captures = await gatherStacks(asked.wanted);
    process.stdout.write(asked.json ? `${JSON.stringify(captures)}\n` : `${stacksText(captures).join('\n')}\n`);
  } catch (error) {
    fail((error as Error).message);
  }
}

function asWanted(words: string[], values: Values<typeof OPTIONS>): Asked {
  const servers = [...words, ...(values['server-root'] === undefined ? [] : [values['server-root']])];
  if (servers.length > 1) throw new Error('one server at a time');
  const pid = values.pid === undefined ? undefined : Number(values.pid);
  if (pid !== undefined && (!Number.isInteger(pid) || pid < 1)) throw new Error(`--pid takes a process id, not "${values.pid}"`);
  return {wanted: {server: servers[0], pid, request: values.request}, json: values.json ?? false};
}

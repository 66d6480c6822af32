import {examine, type Finding} from '../diagnose/doctor.ts';
import {currentHost} from '../express/host.ts';
import {safeText} from '../terminal/safe-text.ts';
import {fail} from './report.ts';

const HELP = `usage: wsgideck doctor [--json]

Says what a server in this directory would find here, and what to do about what is missing. Exit status 1 when a server could not run.
`;

const WORDS: Record<Finding['state'], string> = {ok: 'ok', limited: 'note', missing: 'MISSING'};
const [STATE_WIDTH, WHAT_WIDTH] = [9, 16];

const row = ({what, state, text}: Finding): string => `${WORDS[state].padEnd(STATE_WIDTH)}${what.padEnd(WHAT_WIDTH)}${safeText(text)}`;

function verdict(findings: readonly Finding[]): string {
  const missing = findings.filter(({state}) => state === 'missing').length;
  const limited = findings.filter(({state}) => state === 'limited').length;
  if (missing > 0) return `A server cannot run here yet: ${missing === 1 ? 'one thing is' : `${missing} things are`} missing.`;
  return limited > 0 ? 'A server can run here; what the notes say is left out.' : 'A server can run here, with everything.';
}

/** `wsgideck doctor` */
export async function doctor(argv: string[]): Promise<void> {
  const [word] = argv;
  if (word === '--help' || word === '-h') return void process.stdout.write(HELP);
  if (argv.length > 1 || (word !== undefined && word !== '--json')) return fail('usage: wsgideck doctor [--json]', 2);
  const findings = await examine(currentHost());
  if (word === '--json') process.stdout.write(`${JSON.stringify(findings)}\n`);
  else process.stdout.write(`${findings.map(row).join('\n')}\n\n${verdict(findings)}\n`);
  if (findings.some(({state}) => state === 'missing')) process.exitCode = 1;
}

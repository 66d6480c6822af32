import {reach} from '../control/reach.ts';
import {builtAsset} from '../express/assets.ts';
import {DashboardChild} from '../instance/dashboard-child.ts';
import type {Instance} from '../instance/instances/instance.ts';
import {resolveInstance} from '../instance/instances/resolve-instance.ts';
import {catchSignals} from '../instance/signals.ts';
import {hasTerminal} from '../instance/terminal.ts';
import {INSTANCE_HELP, readInstanceWords} from './instance-words.ts';
import {endSoon} from './last-resort.ts';
import {fail} from './report.ts';
import {say} from './say.ts';
import {noScreen} from './no-screen.ts';

const HELP = `usage: wsgideck attach [INSTANCE] [--read-only]

A dashboard on a running server, ours or not; q leaves it, and the server goes on. Several people may look at once. ${INSTANCE_HELP}

  --read-only    only look: nothing on this screen acts on the server
  --help         this text
`;

/** `wsgideck attach`: exit status 2 for a wrong command line, 1 when there is nothing to attach to, otherwise the dashboard's. */
export async function attach(argv: string[]): Promise<void> {
  const asked = readInstanceWords('attach', argv, {'read-only': {type: 'boolean', default: false}} as const, HELP);
  if (asked === null) return;
  const readOnly = asked.values['read-only'];
  try {
    const instance = await resolveInstance(asked.word);
    if (!hasTerminal()) return fail(noScreen('attach', 'wsgideck status needs none'));
    if (instance.kind === 'ours') process.exitCode = await dashboardOn(instance, readOnly);
    else {
      const {showObserved} = await import('../instance/observed/show.ts');
      const {code, text} = await showObserved(instance, {readOnly}, catchSignals());
      if (text !== null) say(text);
      process.exitCode = code;
      endSoon();
    }
  } catch (error) {
    fail((error as Error).message);
  }
}

async function dashboardOn(instance: Instance, readOnly: boolean): Promise<number> {
  const {controlSocket, name, problem} = instance;
  const {socket, access} = controlSocket === undefined ? {socket: '', access: 'none'} : reach(controlSocket);
  if (access === 'none') throw new Error(`${name}: ${problem ?? 'its supervisor does not listen'}`);
  // Whoever may only look is told so by the supervisor itself.
  const args = ['--socket', socket, '--quit', 'detach', ...(readOnly ? ['--read-only'] : [])];
  const {code} = await new DashboardChild(builtAsset('dashboard.mjs'), args).ended;
  return code ?? 1;
}

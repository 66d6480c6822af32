import {statusLines} from '../instance/instances/status-lines.ts';
import {INSTANCE_HELP, readInstanceWords} from './instance-words.ts';
import {openDeck} from './open-deck.ts';
import {fail} from './report.ts';
import {resolveInstance} from '../instance/instances/resolve-instance.ts';
import {graveIncident} from '../model/select-incidents.ts';
import type {InstanceState} from '../model/state.ts';

const HELP = `usage: wsgideck status [INSTANCE] [--json]

What a server is doing now, on one screen. ${INSTANCE_HELP}

  --json    everything that is known, as one object
  --help    this text

Exit status: 0 when it is ready (or starting, or reloading); 3 when it is degraded, failed or stopping, or while all threads are
busy or many answers fail; 1 when it cannot be asked.
`;

const WELL = new Set(['ready', 'starting', 'reloading']);

/** `wsgideck status`. */
export async function status(argv: string[]): Promise<void> {
  const asked = readInstanceWords('status', argv, {json: {type: 'boolean'}} as const, HELP);
  if (asked === null) return;
  try {
    const state = await stateOf(asked.word);
    process.stdout.write(asked.values.json ? `${JSON.stringify(state)}\n` : `${statusLines(state, Date.now()).join('\n')}\n`);
    if (!WELL.has(state.lifecycle.phase) || graveIncident(state.incidents)) process.exitCode = 3;
  } catch (error) {
    fail((error as Error).message);
  }
}

async function stateOf(word: string | undefined): Promise<InstanceState> {
  const instance = await resolveInstance(word);
  // Its figures are differences between two looks, which take a moment.
  if (instance.kind !== 'ours') return (await import('../instance/observed/attach.ts')).observedState(instance);
  const open = await openDeck(instance, {client: 'status', readOnly: true});
  const state = open.deck.state();
  await open.close();
  return state;
}

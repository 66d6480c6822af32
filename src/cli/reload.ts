import type {CommandResult} from '../model/commands.ts';
import type {ReloadRecord} from '../model/events.ts';
import type {InstanceState} from '../model/state.ts';
import {duration} from '../terminal/format.ts';
import {act, actHelp, untilState, type Outcome} from './act.ts';
import {readInstanceWords} from './instance-words.ts';
import type {OpenDeck} from './open-deck.ts';
import {PATIENCE, settled, unfinished} from './settled.ts';

const HELP = actHelp(
  'reload [INSTANCE]',
  'Has the application loaded anew, and waits until the new code answers (or is refused: with reload by swap the old code serves on).',
  '',
);

/** `wsgideck reload`. */
export async function reload(argv: string[]): Promise<void> {
  const asked = readInstanceWords('reload', argv, {}, HELP);
  if (asked !== null) return act(asked.word, {type: 'reload'}, outcome);
}

async function outcome(open: OpenDeck, taken: CommandResult, before: InstanceState): Promise<Outcome> {
  if (open.instance.kind !== 'ours') return taken;
  const known = new Set(before.reloads.map(({id}) => id));
  const ours = ({reloads}: InstanceState) => reloads.find(({id, by}) => !known.has(id) && by === 'hand');
  const busy = ({reloads}: InstanceState) => reloads.some(({status}) => status === 'running');
  // Embedded and debug mode, and a server that has failed, are started again instead.
  if (ours(open.deck.state()) === undefined && !busy(open.deck.state())) return settled(open, taken.text);
  const state = await untilState(open.deck, (now) => (ours(now)?.status ?? 'running') !== 'running', PATIENCE);
  const record = state && ours(state);
  return record ? ended(record, open.instance.name) : {ok: false, text: unfinished(open.deck.closed())};
}

function ended({status, ms, detail, failure, cut}: ReloadRecord, name: string): Outcome {
  if (status === 'done') return {ok: true, text: `new code answers after ${duration(ms)}${cut ? `; ${cut} requests were cut` : ''}`};
  const where = failure?.place ? ` at ${failure.place.file}:${failure.place.line}` : '';
  return {
    ok: false,
    text: `the new code was not taken: ${failure ? `${failure.title}${where}` : (detail ?? 'no reason was given')}; see wsgideck logs ${name} --level error`,
  };
}

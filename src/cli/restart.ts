import {act, actHelp} from './act.ts';
import {readInstanceWords} from './instance-words.ts';
import {settled} from './settled.ts';

const HELP = actHelp(
  'restart [INSTANCE] [--graceful]',
  'Restarts Apache in place, with its configuration read again; requests in flight are cut unless --graceful. Waits until the server answers again.',
  '  --graceful    requests in flight may finish\n',
);

/** `wsgideck restart`. */
export async function restart(argv: string[]): Promise<void> {
  const asked = readInstanceWords('restart', argv, {graceful: {type: 'boolean', default: false}} as const, HELP);
  if (asked === null) return;
  return act(asked.word, {type: 'restart', graceful: asked.values.graceful}, async (open, taken) => {
    if (open.instance.kind !== 'ours') return taken;
    return settled(open, asked.values.graceful ? 'restarted gracefully' : 'restarted');
  });
}

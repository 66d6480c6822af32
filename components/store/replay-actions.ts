/** Keys of a recording that is played. */
import {REPLAY_SPEEDS} from '../../src/model/replay.ts';
import type {DashboardStore} from './dashboard-store.ts';
import type {Command} from '../../src/model/commands.ts';

const STEP_MS = 10_000;

export type ReplayAction =
  | 'replay-pause'
  | 'replay-slower'
  | 'replay-faster'
  | 'replay-back'
  | 'replay-forward'
  | 'replay-next'
  | 'replay-previous';

export function replayAction(store: DashboardStore, action: ReplayAction): void {
  const {replay} = store.deck.state();
  if (replay === undefined) return;
  const command = (part: Omit<Extract<Command, {type: 'replay'}>, 'type'>) => send(store, {type: 'replay', ...part});
  switch (action) {
    case 'replay-pause':
      return command({action: replay.paused ? 'play' : 'pause'});
    case 'replay-slower':
    case 'replay-faster':
      return command({action: 'speed', value: beside(replay.speed, action === 'replay-faster')});
    case 'replay-back':
      return command({action: 'seek', value: Math.max(replay.from, replay.at - STEP_MS)});
    case 'replay-forward':
      return command({action: 'seek', value: Math.min(replay.to, replay.at + STEP_MS)});
    case 'replay-next':
      return command({action: 'next-incident'});
    case 'replay-previous':
      return command({action: 'previous-incident'});
  }
}

function beside(speed: number, faster: boolean): number {
  const others = REPLAY_SPEEDS.filter((one) => (faster ? one > speed : one < speed));
  return (faster ? others[0] : others.at(-1)) ?? speed;
}

/** Only what went wrong is said: the bar shows the rest. */
function send(store: DashboardStore, command: Command): void {
  store.deck.send(command).then(
    (result) => {
      if (!result.ok) store.say(result.text, 'soon');
    },
    (error: Error) => store.say(error.message, 'soon'),
  );
}

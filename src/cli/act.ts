import type {Instance} from '../instance/instances/instance.ts';
import type {CommandResult, Command} from '../model/commands.ts';
import type {Deck} from '../model/deck.ts';
import type {InstanceState} from '../model/state.ts';
import {INSTANCE_HELP} from './instance-words.ts';
import {openDeck, type OpenDeck} from './open-deck.ts';
import {fail} from './report.ts';

/** How something that was asked of a server has ended. */
export interface Outcome {
  ok: boolean;
  text: string;
}

/** Help of a command that acts; `options` are its own lines. */
export const actHelp = (usage: string, what: string, options: string): string => `usage: wsgideck ${usage}

${what} ${INSTANCE_HELP}

${options}  --help    this text

Exit status: 0 when it was done, 1 when not.
`;

/**
 * Has a server do something and waits for how it ends. Says the outcome in a line; the exit status is 0 only when it was good.
 * @param settle waits for the end, after the server has taken the command.
 */
export async function act(
  word: string | undefined | Instance,
  command: Command,
  settle: (open: OpenDeck, taken: CommandResult, before: InstanceState) => Promise<Outcome>,
): Promise<void> {
  let open: OpenDeck | undefined;
  try {
    open = await openDeck(word, {client: command.type});
    const before = open.deck.state();
    const taken = await open.deck.send(command);
    const {ok, text} = taken.ok ? await settle(open, taken, before) : taken;
    if (ok) process.stdout.write(`${open.instance.name}: ${text}\n`);
    else fail(`${open.instance.name}: ${text}`);
  } catch (error) {
    fail((error as Error).message);
  } finally {
    await open?.close();
  }
}

/** Waits until a state passes a test. Null when the connection ended first, or after `ms`. */
export function untilState(deck: Deck, test: (state: InstanceState) => boolean, ms: number): Promise<InstanceState | null> {
  return new Promise((resolve) => {
    const end = (state: InstanceState | null) => {
      clearTimeout(late);
      off();
      resolve(state);
    };
    const look = () => {
      if (test(deck.state())) end(deck.state());
      else if (deck.closed() !== null) end(null);
    };
    const late = setTimeout(() => end(null), ms);
    const off = deck.subscribe(look);
    look();
  });
}

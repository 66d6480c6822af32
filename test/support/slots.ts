import {join} from 'node:path';
import type {EventOf, ReloadRecord, SlotRow} from '../../src/model/events.ts';
import type {RunningDeck} from './deck.ts';
import {saveByRename} from './save.ts';
import {until} from './wait.ts';

/** What test/fixtures/slots answers. */
export interface Answer {
  version: string;
  pid: number;
  group: string;
  mainThread: boolean;
}

/** @throws Error with the answer when it is not 200. */
export async function ask(deck: RunningDeck, path = '/'): Promise<Answer> {
  const {status, body} = await deck.get(path, {timeout: 40_000});
  const [version = '', pid, group = '', mainThread] = body.split(' ');
  if (status !== 200) throw new Error(`${status}: ${body}`);
  return {version, pid: Number(pid), group, mainThread: mainThread === 'True'};
}

/** The module that holds the version. */
export const versionFile = (deck: RunningDeck): string => join(deck.appDir, 'shop/__init__.py');

export const save = (deck: RunningDeck, version: string): void => saveByRename(versionFile(deck), `VERSION = '${version}'\n`);

/** Waits until visitors get this version. */
export const live = (deck: RunningDeck, version: string, ms = 20_000): Promise<Answer> =>
  until(
    `${version} to be live`,
    async () => {
      const answer = await ask(deck);
      return answer.version === version ? answer : null;
    },
    ms,
  );

/** The newest record of each reload so far, of a deck in json mode. */
export const reloads = (deck: RunningDeck): ReloadRecord[] => [
  ...new Map(deck.events().flatMap((event) => (event.type === 'reload' ? [[event.reload.id, event.reload] as const] : []))).values(),
];

export const slots = (deck: RunningDeck): SlotRow[] =>
  deck.events().findLast((event): event is EventOf<'slots'> => event.type === 'slots')?.slots ?? [];

/** For the message of a failure: the newest log lines, of a deck in json mode. */
const lastLines = (deck: RunningDeck): string =>
  deck
    .events()
    .flatMap((event) => (event.type === 'log' ? [event.entry.text] : []))
    .slice(-12)
    .join(' | ');

/** Waits until one slot is live, with all its processes, and the other can take the next reload. */
export const settled = (deck: RunningDeck): Promise<boolean> =>
  until(
    'a live and an empty slot with all their processes',
    () => {
      const empty = slots(deck).find((one) => one.state === 'empty');
      const live = slots(deck).find((one) => one.state === 'live');
      // A process is in its slot when its agent has got through, which may be after the first answer.
      if (empty !== undefined && live?.pids.length === empty.pids.length) return true;
      throw new Error(`the slots are ${JSON.stringify(slots(deck))}; ${lastLines(deck)}`);
    },
    30_000,
  );

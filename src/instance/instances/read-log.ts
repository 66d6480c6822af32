import {connectDeck} from '../../control/client.ts';
import {reach} from '../../control/reach.ts';
import type {LogFilter, LogWindow} from '../../model/commands.ts';
import type {Deck} from '../../model/deck.ts';
import type {LogEntry} from '../../model/log.ts';
import {observe} from '../observed/attach.ts';
import type {Instance} from './instance.ts';

export interface LogWanted {
  filter: LogFilter;
  /** The same filter, for entries as they come. */
  matches: (entry: LogEntry) => boolean;
  /** How many of the newest. */
  limit: number;
  follow: boolean;
  /** Ends the following. */
  signal: AbortSignal;
}

/** Most entries that a supervisor gives at once. */
const WINDOW = 500;
/** Bytes at the end of each log of a server that is not ours. */
const HISTORY = 2 * 1024 * 1024;

/**
 * The newest log entries of a server, oldest first, and with `follow` those that come, until the signal or the server ends it.
 * @returns the reason when it was not us who ended it, or what could not be read; null otherwise.
 * @throws Error in one line when the server cannot be asked.
 */
export async function readLog(instance: Instance, wanted: LogWanted, print: (entry: LogEntry) => void): Promise<string | null> {
  if (instance.kind !== 'ours') {
    const observed = await observe(instance, {readOnly: true, history: HISTORY});
    try {
      return await through(observed.socket, instance.name, wanted, print);
    } finally {
      await observed.close();
    }
  }
  if (instance.controlSocket === undefined) throw new Error(`${instance.name}: ${instance.problem ?? 'its supervisor does not listen'}`);
  return through(reach(instance.controlSocket).socket, instance.name, wanted, print);
}

async function through(socket: string, name: string, wanted: LogWanted, print: (entry: LogEntry) => void): Promise<string | null> {
  let waiting: LogEntry[] | null = [];
  let last = 0;
  const take = (entry: LogEntry) => {
    // An entry that is repeated comes again under its number.
    if (entry.seq <= last) return;
    last = entry.seq;
    if (wanted.matches(entry)) print(entry);
  };
  const deck = await connectDeck(socket, {
    client: 'logs',
    readOnly: true,
    bulk: wanted.follow,
    onEvent: (event) => {
      if (event.type !== 'log') return;
      if (waiting) waiting.push(event.entry);
      else take(event.entry);
    },
  }).catch((error: Error) => {
    throw new Error(`${name}: ${error.message}`);
  });
  try {
    const entries = await newest(deck, wanted);
    for (const entry of entries) print(entry);
    last = entries.at(-1)?.seq ?? 0;
    for (const entry of waiting) take(entry);
    waiting = null;
    return wanted.follow ? await closed(deck, wanted.signal) : unread(deck);
  } finally {
    deck.end();
  }
}

async function newest(deck: Deck, {filter, limit}: LogWanted): Promise<LogEntry[]> {
  const windows: LogEntry[][] = [];
  let before: number | null = null;
  for (let left = limit; left > 0;) {
    const found: LogWindow = await deck.ask({type: 'log', filter, before, limit: Math.min(WINDOW, left)});
    if (found.error !== undefined) throw new Error(found.error);
    windows.unshift(found.entries);
    left -= found.entries.length;
    if (!found.older || found.entries.length === 0) break;
    before = found.entries[0]!.seq;
  }
  return windows.flat();
}

/** Logs of a server that is not ours may be out of reach. */
function unread(deck: Deck): string | null {
  const notices = deck.state().notices.filter(({key}) => key.startsWith('log '));
  return notices.length === 0 ? null : notices.map(({text, remedy}) => (remedy === null ? text : `${text}; ${remedy}`)).join('; ');
}

function closed(deck: Deck, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const look = () => deck.closed() !== null && resolve(deck.closed());
    deck.subscribe(look);
    signal.addEventListener('abort', () => resolve(null), {once: true});
    if (signal.aborted) resolve(null);
    look();
  });
}

import type {LogEntry} from '../model/log.ts';
import type {Bus} from './bus.ts';
import {deckWords} from './deck-words.ts';

/**
 * Writes down what the supervisor itself does and sees among the lines of the log, so that Logs tells the whole story in its order.
 * @param add keeps an entry and puts it on the bus; a log entry makes no further entry, so this cannot go round.
 * @returns the function that ends it.
 */
export function keepDeckLog(bus: Bus, add: (entry: LogEntry) => void): () => void {
  const pid = process.pid;
  return bus.listen((event) => {
    // Nothing is said about lines, of which there are thousands a second.
    if (event.type === 'log') return;
    // The phase says it in the same moment.
    if (event.type === 'reload' && event.reload.status === 'running') return;
    const words = deckWords(event, bus.state());
    if (words === null) return;
    const entry: LogEntry = {seq: 0, at: event.at, source: 'deck', level: words.level, text: words.text, pid};
    // Afterwards: whoever else listens sees the event before what is written about it.
    queueMicrotask(() => add(entry));
  });
}

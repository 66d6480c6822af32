import type {DeckEvent} from '../model/events.ts';
import {LOG_LEVELS, type LogEntry, type LogLevel} from '../model/log.ts';
import type {InstanceState} from '../model/state.ts';
import {safeText} from '../terminal/safe-text.ts';
import {deckWords} from './deck-words.ts';

/**
 * What a supervisor without a dashboard prints: one line for everything a person would want to know, log lines included.
 * @param level the least urgent level of Apache's own lines that the user asked for: we make mod_wsgi say more than that, for the reasons of
 * restarts, which are printed in plain words instead.
 * @param state the instance with the event already in it.
 * @returns the lines of an event, without line ends, safe for a terminal; none for events that only a screen shows.
 */
export function plainLines(event: DeckEvent, level: LogLevel, state: InstanceState): string[] {
  switch (event.type) {
    case 'log':
      return wanted(event.entry, level) ? entryLines(event.entry) : [];
    case 'stacks':
      return event.capture.cause === 'asked' ? [] : stackLines(event);
    default: {
      const words = deckWords(event, state);
      return words === null ? [] : [line(event.at, 'deck', words.text)];
    }
  }
}

function wanted(entry: LogEntry, level: LogLevel): boolean {
  // What is our own has been printed as the event that it tells of.
  if (entry.source === 'deck') return false;
  if (entry.repeated !== undefined && entry.repeated > 1) return false;
  return entry.source !== 'error' || LOG_LEVELS.indexOf(entry.level) <= LOG_LEVELS.indexOf(level);
}

/** A log entry for people: a line, and the further ones of a traceback indented. Safe for a terminal. */
export function entryLines(entry: LogEntry): string[] {
  const where = entry.pid ? ` ${entry.pid}` : '';
  const head = line(entry.at, entry.source === 'access' ? 'access' : entry.level, `${where} ${entry.text}`.trim());
  return [head, ...(entry.more ?? []).map((one) => `    ${safeText(one)}`)];
}

function stackLines(event: Extract<DeckEvent, {type: 'stacks'}>): string[] {
  const lines = [line(event.at, 'deck', `stacks (${event.capture.method}): ${event.capture.title}`)];
  for (const thread of event.capture.threads) {
    if (!thread.request) continue;
    lines.push(`    ${safeText(`${thread.request.method} ${thread.request.url}`)}`);
    for (const frame of thread.frames)
      lines.push(`      ${safeText(`${frame.file}:${frame.line} in ${frame.func}${frame.source ? `: ${frame.source.trim()}` : ''}`)}`);
  }
  return lines;
}

function line(at: number, tag: string, text: string): string {
  return `${clock(at)} ${tag.padEnd(6)} ${safeText(text)}`;
}

/** Local time of day to the second. */
function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

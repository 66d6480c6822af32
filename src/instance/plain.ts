import type {DeckEvent, EventOf, RestartCause} from '../model/events.ts';
import {LOG_LEVELS, type LogEntry, type LogLevel} from '../model/log.ts';
import type {InstanceState} from '../model/state.ts';
import {safeText} from '../terminal/safe-text.ts';

/**
 * What a supervisor without a dashboard prints: one line for everything a person would want to know, log lines included.
 * @param level the least urgent level of Apache's own lines that the user asked for: we make mod_wsgi say more than that, for the reasons of
 * restarts, which are printed in plain words instead.
 * @param state the instance with the event already in it.
 * @returns the lines of an event, without line ends, safe for a terminal; none for events that only a screen shows.
 */
export function plainLines(event: DeckEvent, level: LogLevel, state: InstanceState): string[] {
  switch (event.type) {
    case 'phase':
      return [line(event.at, 'deck', `${event.phase}${event.detail ? `: ${event.detail}` : ''}`)];
    case 'log':
      return wanted(event.entry, level) ? logLines(event.entry) : [];
    case 'restart':
      return toBeTold(event, state) ? [line(event.at, 'deck', `process ${event.pid} (${event.processGroup}): ${event.text}`)] : [];
    case 'reload':
      return [line(event.at, 'deck', reloadText(event))];
    case 'notice':
      return event.cleared ? [] : [line(event.at, 'deck', `${event.severity}: ${event.text}${event.remedy ? ` - ${event.remedy}` : ''}`)];
    case 'agent':
      return event.state === 'wedged' || event.state === 'recovered'
        ? [line(event.at, 'deck', `daemon process ${event.pid} ${event.state}: ${event.detail ?? ''}`)]
        : [];
    case 'stacks':
      return event.capture.cause === 'asked' ? [] : stackLines(event);
    default:
      return [];
  }
}

/** Only what is news: not what somebody asked for, nor what a better-informed source has told already. */
function toBeTold(event: EventOf<'restart'>, state: InstanceState): boolean {
  const known = state.restarts.find((one) => one.pid === event.pid);
  return !TOLD.has(event.cause) && state.lifecycle.phase !== 'stopping' && known?.cause === event.cause && known.text === event.text;
}

/** Ends of daemons that somebody asked for: the phase says so already. */
const TOLD = new Set<RestartCause>(['shutdown', 'apache-restart', 'reload']);

function wanted(entry: LogEntry, level: LogLevel): boolean {
  if (entry.repeated !== undefined && entry.repeated > 1) return false;
  return entry.source !== 'error' || LOG_LEVELS.indexOf(entry.level) <= LOG_LEVELS.indexOf(level);
}

function logLines(entry: LogEntry): string[] {
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

function reloadText({reload}: Extract<DeckEvent, {type: 'reload'}>): string {
  const what = reload.by === 'hand' ? 'by hand' : `${reload.names[0] ?? ''}${reload.files > 1 ? ` and ${reload.files - 1} more` : ''}`;
  if (reload.status === 'running') return `reloading: ${what}`;
  if (reload.status === 'failed') return `reload failed: ${what}: ${reload.detail ?? ''}`;
  return `reloaded: ${what}, new code answered after ${reload.ms} ms`;
}

function line(at: number, tag: string, text: string): string {
  return `${clock(at)} ${tag.padEnd(6)} ${safeText(text)}`;
}

/** Local time of day to the second. */
function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

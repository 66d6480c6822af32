import type {DeckEvent, EventOf, ReloadRecord, RestartCause} from '../model/events.ts';
import type {LogLevel} from '../model/log.ts';
import type {InstanceState} from '../model/state.ts';
import {oldestRequest} from './incidents/trigger.ts';

export interface DeckWords {
  level: LogLevel;
  text: string;
}

/**
 * What the supervisor has to say about an event, in one line: for plain output and for the log. Null for what only figures are made of, and
 * for what is known already.
 * @param state the instance with the event already in it.
 */
export function deckWords(event: DeckEvent, state: InstanceState): DeckWords | null {
  switch (event.type) {
    case 'phase':
      return {level: phaseLevel(event), text: `${event.phase}${event.detail ? `: ${event.detail}` : ''}`};
    case 'restart':
      return toBeTold(event, state)
        ? {
            level: RESTART_LEVELS[event.cause] ?? 'notice',
            text: `process ${event.pid} (${event.processGroup}): ${event.text}${whose(event, state)}`,
          }
        : null;
    case 'reload': {
      const text = reloadText(event);
      return text === null ? null : {level: event.reload.status === 'failed' ? 'error' : 'notice', text};
    }
    case 'notice':
      return event.cleared
        ? null
        : {
            level: event.severity === 'info' ? 'notice' : event.severity,
            text: `${event.severity}: ${event.text}${event.remedy ? ` - ${event.remedy}` : ''}`,
          };
    case 'agent':
      return event.state === 'wedged' || event.state === 'recovered'
        ? {level: event.state === 'wedged' ? 'warn' : 'notice', text: `daemon process ${event.pid} ${event.state}: ${event.detail ?? ''}`}
        : null;
    case 'stacks':
      return event.capture.cause === 'asked' ? null : {level: 'notice', text: `stacks (${event.capture.method}): ${event.capture.title}`};
    default:
      return null;
  }
}

function phaseLevel(event: EventOf<'phase'>): LogLevel {
  if (event.phase === 'failed') return 'error';
  return event.phase === 'degraded' || event.attempt !== undefined ? 'warn' : 'notice';
}

/** Only what is news: not what somebody asked for, nor what a better-informed source has told already. */
function toBeTold(event: EventOf<'restart'>, state: InstanceState): boolean {
  const known = state.restarts.find((one) => one.pid === event.pid);
  // The log and the agent tell of one end in the same words: whoever comes second finds the other's name in the record.
  const news = known?.cause === event.cause && known.text === event.text && known.source === event.source;
  return news && !TOLD.has(event.cause) && state.lifecycle.phase !== 'stopping';
}

/** Which request it was: the agent's part, also where the log tells first. */
function whose({pid, at, cause, inFlight}: EventOf<'restart'>, state: InstanceState): string {
  if (cause !== 'request-timeout') return '';
  const oldest = oldestRequest(inFlight ?? state.requests.filter((one) => one.pid === pid), at);
  return oldest && `: ${oldest}`;
}

/** Ends of daemons that somebody asked for: the phase says so already. */
const TOLD = new Set<RestartCause>(['shutdown', 'apache-restart', 'reload']);

const RESTART_LEVELS: Partial<Record<RestartCause, LogLevel>> = {
  crash: 'error',
  'deadlock-timeout': 'error',
  'startup-timeout': 'error',
  'request-timeout': 'warn',
  'cpu-time-limit': 'warn',
  killed: 'warn',
  unknown: 'warn',
};

function reloadText({reload}: EventOf<'reload'>): string | null {
  const what = reload.by === 'hand' ? 'by hand' : `${reload.names[0] ?? ''}${reload.files > 1 ? ` and ${reload.files - 1} more` : ''}`;
  if (reload.status === 'running') return `reloading: ${what}${reload.detail ? `: ${reload.detail}` : ''}`;
  if (reload.status === 'failed') return `reload failed: ${what}: ${reload.detail ?? ''}`;
  if (reload.drainedAt !== undefined) return drainedText(reload);
  if (reload.strategy === 'swap') return `reloaded: ${what}, live after ${reload.ms} ms (import ${reload.importMs} ms)`;
  return `reloaded: ${what}, new code answered after ${reload.ms} ms`;
}

/** What became of the requests that the old code still had; nothing to say when it had none, or when that has been said. */
function drainedText({finishedByOld = 0, cut = 0, memoryAfter}: ReloadRecord): string | null {
  if (finishedByOld + cut === 0 || memoryAfter !== undefined) return null;
  return `the old code has finished ${finishedByOld} request${finishedByOld === 1 ? '' : 's'}${cut > 0 ? `; ${cut} were cut` : ''}`;
}

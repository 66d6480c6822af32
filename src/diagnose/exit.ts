import type {Diagnosis} from '../model/diagnosis.ts';
import type {ExitInfo} from '../model/events.ts';
import type {LogEntry} from '../model/log.ts';
import {exitRules} from './rules/exits.ts';
import {diagnoseEntry} from './entry.ts';

const NOTHING = {info: null, restarts: []};
/** Words before or after the ones that tell the reason. */
const FRAME = new Set(['config-syntax', 'nothing-to-listen', 'logs-not-opened', 'config-error']);

/**
 * Why an Apache that was started is gone again. The lines tell most; status and signal tell where they are silent.
 * @param lastLines what it printed, oldest first. @returns the best explanation first.
 */
export function diagnoseExit(exit: ExitInfo, lastLines: readonly string[]): Diagnosis[] {
  const said = lastLines.flatMap((text) =>
    diagnoseEntry(startupEntry(text), NOTHING)
      .slice(0, 1)
      .map((one) => ({...one, evidence: [text]})),
  );
  const once = [...new Map(said.filter((one) => one.severity !== 'info').map((one) => [one.rule, one])).values()];
  const ordered = [...once.filter((one) => !FRAME.has(one.rule)), ...once.filter((one) => FRAME.has(one.rule))];
  // The line of the configuration stands in front of the reason.
  const place = once.find((one) => one.rule === 'config-syntax')?.place;
  if (place && ordered[0] && !ordered[0].place) ordered[0] = {...ordered[0], place};
  const silent = exitRules.find((one) => one.match(exit));
  if (silent === undefined || (ordered.length > 0 && exit.signal === null)) return ordered;
  const {rule, severity, cause, remedy} = silent;
  const evidence = [exit.signal === null ? `exit status ${exit.code}` : `ended by ${exit.signal}`, ...lastLines.slice(-3)];
  return [...ordered, {rule, severity, cause, remedy, evidence}];
}

function startupEntry(text: string): LogEntry {
  return {seq: 0, at: 0, source: 'startup', level: 'error', text};
}

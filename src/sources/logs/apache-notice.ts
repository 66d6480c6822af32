/**
 * What Apache's parent says about itself: it runs, stops, restarts, or could not start. Codes read from Apache 2.4.71's event, worker and
 * prefork modules; they are stable across 2.4.
 */
import type {LogEntry} from '../../model/log.ts';

export type ApacheNoticeKind = 'running' | 'stopping' | 'stopping-gracefully' | 'restarting' | 'restarting-gracefully' | 'start-failed';

export interface ApacheNotice {
  kind: ApacheNoticeKind;
  /** Apache's own words without the code. */
  text: string;
  code?: string;
}

const KINDS: Record<string, ApacheNoticeKind> = {
  AH00489: 'running',
  AH00292: 'running',
  AH00163: 'running',
  AH00491: 'stopping',
  AH00295: 'stopping',
  AH00169: 'stopping',
  AH00492: 'stopping-gracefully',
  AH00296: 'stopping-gracefully',
  AH00170: 'stopping-gracefully',
  AH00494: 'restarting',
  AH00298: 'restarting',
  AH00173: 'restarting',
  AH00493: 'restarting-gracefully',
  AH00297: 'restarting-gracefully',
  AH00171: 'restarting-gracefully',
  AH00013: 'start-failed',
  AH00014: 'start-failed',
  AH00015: 'start-failed',
  AH00016: 'start-failed',
  AH00020: 'start-failed',
  AH00023: 'start-failed',
  AH00072: 'start-failed',
  AH00073: 'start-failed',
  AH00078: 'start-failed',
  AH00091: 'start-failed',
  AH00526: 'start-failed',
  AH00543: 'start-failed',
  AH00544: 'start-failed',
  AH02324: 'start-failed',
  AH02325: 'start-failed',
};
/** Start-up failures that carry no code. */
const WORDS =
  /^(?:no listening sockets available|.*: Syntax error on line \d+ of |Syntax error on line \d+ of |.*has not been designed to serve pages while running as root)/;

/** What the entry says about Apache as a whole, or null. Pure. */
export function apacheNotice(entry: LogEntry): ApacheNotice | null {
  const kind = entry.code ? KINDS[entry.code] : undefined;
  if (kind) return {kind, text: entry.text.replace(/(?:AH\d{5}): /, ''), code: entry.code!};
  if ((entry.source === 'startup' || entry.source === 'error') && WORDS.test(entry.text)) return {kind: 'start-failed', text: entry.text};
  return null;
}

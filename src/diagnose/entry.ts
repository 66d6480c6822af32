import type {Diagnosis} from '../model/diagnosis.ts';
import type {LogEntry} from '../model/log.ts';
import {behind} from './behind.ts';
import {placeInTraceback} from './place.ts';
import {type EntryContext, guarded, type LogRule, say, type Speaker} from './rule.ts';
import {logRules} from './rules/index.ts';

/** Characters of a line, and further lines, that rules are tried on: a stranger decides how long they are. */
const LOOK_AT = 1000;
const LINES = 400;

const bySpeaker = Map.groupBy(logRules, (one) => one.by);

/** What a log entry means, the best explanation first; empty when no rule knows it, as for all ordinary lines. Pure. */
export function diagnoseEntry(entry: LogEntry, context: EntryContext): Diagnosis[] {
  const found: Diagnosis[] = [];
  for (const speaker of speakers(entry)) {
    for (const rule of bySpeaker.get(speaker) ?? []) {
      found.push(...guarded(() => tried(rule, entry, context) ?? []));
    }
  }
  return found;
}

const EXCEPTION = /^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Timeout|Exit|Host|DoesNotExist|Configured|NotReady)(?:: |$)/;

function speakers(entry: LogEntry): Speaker[] {
  if (entry.source === 'access') return [];
  if (entry.source === 'deck' || entry.kind === 'stack-dump') return ['server'];
  if (entry.kind === 'traceback') return ['error'];
  if (entry.source === 'app') return EXCEPTION.test(entry.text.slice(0, LOOK_AT)) ? ['error', 'app'] : ['app'];
  return ['server'];
}

function tried(rule: LogRule, entry: LogEntry, context: EntryContext): Diagnosis[] | null {
  const match = rule.match.exec(entry.text.slice(0, LOOK_AT));
  if (!match) return null;
  const more = entry.more ?? [];
  const {within} = rule;
  if (within && !more.slice(-LINES).some((line) => within.test(line.slice(0, LOOK_AT)))) return null;
  const link = rule.behind ? behind(entry, context) : null;
  const place = link?.place ?? rule.place?.(match) ?? (entry.kind === 'traceback' ? placeInTraceback(more, context.info) : undefined);
  const diagnosis = {
    rule: rule.rule,
    severity: rule.severity,
    cause: link?.cause ?? say(rule.cause, match, entry, context),
    remedy: link?.remedy ?? say(rule.remedy, match, entry, context),
    ...(link ? {evidence: link.evidence} : {}),
    ...(place ? {place} : {}),
  };
  return [diagnosis];
}

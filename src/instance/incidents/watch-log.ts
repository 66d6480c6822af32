/** Signs of trouble in log lines. Wordings measured with mod_wsgi 4.9.4 and 6.1.1 and Apache 2.4. Pure. */
import type {DeckEvent} from '../../model/events.ts';
import type {IncidentKind} from '../../model/incidents.ts';
import type {LogEntry} from '../../model/log.ts';
import type {InstanceState} from '../../model/state.ts';
import {groupOf, type Trigger} from './trigger.ts';
import {entryPlace} from './where.ts';

interface Rule {
  kind: IncidentKind;
  severity: 'error' | 'warn';
  match: RegExp;
  /** Only of tracebacks, and of lines that begin like the last one of one. */
  exception?: true;
  head: string;
  subject: string;
  stacks?: true;
}

const RULES: readonly Rule[] = [
  {
    kind: 'failed-load',
    severity: 'error',
    match:
      /Failed to exec Python script|cannot be loaded as (?:a )?Python module|does not (?:contain|define) (?:a )?WSGI application|Could not (?:read\/compile source|read or compile WSGI)/,
    head: 'the application did not load',
    subject: 'load',
  },
  {kind: 'memory-limit', severity: 'error', match: /^MemoryError\b/, exception: true, head: 'out of memory', subject: '', stacks: true},
  {
    kind: 'memory-limit',
    severity: 'error',
    match: /Cannot allocate memory|std::bad_alloc|AH00052: .*Out of memory/,
    head: 'out of memory',
    subject: '',
    stacks: true,
  },
  {kind: 'server-errors', severity: 'error', match: /^RecursionError\b/, exception: true, head: 'endless recursion', subject: 'recursion'},
  {kind: 'disk-full', severity: 'error', match: /No space left on device/, head: 'disk full', subject: 'ENOSPC'},
  {kind: 'descriptors', severity: 'error', match: /Too many open files/, head: 'out of file descriptors', subject: '', stacks: true},
  {
    kind: 'saturated',
    severity: 'error',
    match: /Queue timeout expired for WSGI daemon process|listener backlog limit was exceeded/,
    head: 'no thread was free',
    subject: 'queue',
    stacks: true,
  },
  {
    kind: 'log-failure',
    severity: 'error',
    match: /\bAH(?:00091|00098|00104|00105|00106)\b|piped log program .* failed|could not open (?:error|transfer) log file/,
    head: 'a log cannot be written',
    subject: 'log',
  },
];
/** One cheap look at each of thousands of lines a second. */
const ANY = new RegExp(RULES.map(({match}) => match.source.replace(/^\^/, '')).join('|'));

export function fromLog(event: DeckEvent, state: InstanceState): Trigger[] {
  if (event.type !== 'log') return [];
  const {entry} = event;
  if (entry.source === 'access' || entry.source === 'deck' || entry.kind === 'stack-dump' || !ANY.test(entry.text)) return [];
  const rule = RULES.find((one) => fits(one, entry));
  if (!rule || ['stopping', 'stopped'].includes(state.lifecycle.phase)) return [];
  const {kind, severity, head, subject, stacks} = rule;
  const request = state.requests.find((one) => one.id === entry.requestId);
  // Apache's children take connections for all; only the application's own lines speak of the process that wrote them.
  const pid = state.agents.some((one) => one.pid === entry.pid) ? (entry.pid ?? null) : null;
  return [
    {
      kind,
      severity,
      at: event.at,
      title: `${head}: ${request ? `${request.method} ${request.url}: ` : ''}${entry.text.slice(0, 300)}`,
      reason: entry.text.slice(0, 2000),
      pid,
      processGroup: groupOf(state.info),
      where: entryPlace(entry, state.info),
      subject,
      mark: `log ${entry.seq}`,
      ...(entry.requestId === undefined ? {} : {requests: [entry.requestId]}),
      ...(request ? {inFlight: [request]} : {}),
      ...(stacks ? {stacks: pid ?? 'all'} : {}),
    },
  ];
}

function fits({match, exception}: Rule, entry: LogEntry): boolean {
  if (!match.test(entry.text)) return false;
  if (exception) return entry.kind === 'traceback' || entry.source === 'app';
  // A page that prints such words is none: what the application prints counts only as an exception.
  return entry.source !== 'app' || entry.kind === 'traceback';
}

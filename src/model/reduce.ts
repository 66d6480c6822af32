/** The pure reducer: small state of one instance from its events. Used by the supervisor, by every client, and by a replay. */
import type {DeckEvent, EventOf} from './events.ts';
import {isChatter, LOG_LEVELS, type LogEntry, type LogLevel} from './log.ts';
import type {StackCapture, StackSummary} from './stacks.ts';
import type {RequestVerdict} from './verdict.ts';
import {KEEP, type AgentState, type ExceptionRecord, type InstanceState, type LogHead} from './state.ts';

/** State of an instance of which nothing is known yet. */
export function initialState(name: string): InstanceState {
  return {
    name,
    at: 0,
    info: null,
    lifecycle: {
      phase: 'starting',
      since: 0,
      detail: '',
      attempt: 0,
      retryAt: null,
      exit: null,
      launchedAt: null,
      answeredAt: null,
      answeredMs: null,
      guardPid: null,
      apachePid: null,
      drain: null,
    },
    agents: [],
    requests: [],
    processes: [],
    host: null,
    traffic: [],
    busyHistory: [],
    restarts: [],
    reloads: [],
    exceptions: [],
    captures: [],
    notices: [],
    incidents: [],
    verdicts: [],
    phases: null,
    advice: [],
    slots: [],
    log: {last: 0, dropped: 0, counts: zeroCounts(), problems: [], recent: []},
  };
}

/** The next state; never changes the given one, and keeps every part that did not change identical (so that views can skip it). */
export function apply(state: InstanceState, event: DeckEvent): InstanceState {
  const next = step(state, event);
  return next === state ? state : {...next, at: Math.max(state.at, event.at)};
}

function step(state: InstanceState, event: DeckEvent): InstanceState {
  switch (event.type) {
    case 'instance':
      return {...state, name: event.info.name, info: event.info};
    case 'phase':
      return phase(state, event);
    case 'launched':
      return launched(state, event);
    case 'answered':
      return {...state, lifecycle: {...state.lifecycle, answeredAt: event.at, answeredMs: event.ms}};
    case 'agent':
      return agent(state, event);
    case 'requests':
      return requests(state, event);
    case 'scoreboard':
      return {...state, scoreboard: {at: event.at, busy: event.busy, idle: event.idle, accesses: event.accesses}};
    case 'processes':
      return {...state, processes: event.rows};
    case 'host': {
      const {cpuCount, memTotal, memAvailable, load1} = event;
      return {...state, host: {cpuCount, memTotal, memAvailable, load1}};
    }
    case 'traffic':
      return {
        ...state,
        traffic: keep([...state.traffic, event.window], KEEP.traffic),
        busyHistory: keep([...state.busyHistory, state.agents.reduce((sum, one) => sum + one.busy, 0)], KEEP.busyHistory),
      };
    case 'log':
      return {...state, log: logHead(state.log, event.entry)};
    case 'log-head':
      return {...state, log: event.head};
    case 'stacks':
      return {...state, captures: keep([...state.captures, summarise(event.capture)], KEEP.captures)};
    case 'restart':
      return restart(state, event);
    case 'exception':
      return exception(state, event);
    case 'reload': {
      const others = state.reloads.filter((one) => one.id !== event.reload.id);
      return {...state, reloads: keep([...others, event.reload], KEEP.reloads)};
    }
    case 'notice':
      return notice(state, event);
    case 'incident':
      return incident(state, event);
    case 'verdict':
      return verdict(state, event);
    case 'phases':
      return {...state, phases: event.phases};
    case 'advice':
      return {...state, advice: event.advice};
    case 'slots':
      return {...state, slots: event.slots};
    case 'replay':
      return {...state, replay: event.replay};
    case 'terminal':
      return {...state, terminal: {end: event.from + event.data.length}};
    case 'drain':
      return {
        ...state,
        lifecycle: {...state.lifecycle, drain: {inFlight: event.inFlight, oldestMs: event.oldestMs, deadline: event.deadline}},
      };
    default:
      // An event of a newer supervisor: an older screen ignores what it does not know.
      return state;
  }
}

function phase(state: InstanceState, event: EventOf<'phase'>): InstanceState {
  const over = event.phase === 'stopped' || event.phase === 'failed';
  const lifecycle = {
    ...state.lifecycle,
    phase: event.phase,
    since: event.phase === state.lifecycle.phase ? state.lifecycle.since : event.at,
    detail: event.detail,
    attempt: event.attempt ?? state.lifecycle.attempt,
    retryAt: event.retryAt ?? null,
    exit: event.exit ?? (over ? state.lifecycle.exit : null),
    drain: event.phase === 'stopping' ? state.lifecycle.drain : null,
  };
  return over ? {...state, lifecycle, agents: [], requests: [], verdicts: []} : {...state, lifecycle};
}

function launched(state: InstanceState, event: EventOf<'launched'>): InstanceState {
  const same = event.guardPid !== 0 && state.lifecycle.guardPid === event.guardPid;
  const lifecycle = {
    ...state.lifecycle,
    guardPid: event.guardPid || null,
    apachePid: event.apachePid,
    ...(same ? {} : {launchedAt: event.at, answeredAt: null, answeredMs: null, exit: null}),
  };
  return same ? {...state, lifecycle} : {...state, lifecycle, agents: [], requests: [], verdicts: []};
}

function agent(state: InstanceState, event: EventOf<'agent'>): InstanceState {
  const others = state.agents.filter((one) => one.pid !== event.pid);
  if (event.state === 'gone') {
    return {
      ...state,
      agents: others,
      requests: state.requests.filter((one) => one.pid !== event.pid),
      verdicts: stillServed(state.verdicts, [], event.pid),
    };
  }
  const before = state.agents.find((one) => one.pid === event.pid) ?? newAgent(event.pid);
  const now = event.state === 'recovered' ? 'connected' : event.state;
  const next: AgentState = {
    ...before,
    state: now,
    since: now === before.state ? before.since : event.at,
    python: event.python ?? before.python,
    detail: event.detail ?? '',
  };
  return {...state, agents: byPid([...others, next])};
}

function requests(state: InstanceState, event: EventOf<'requests'>): InstanceState {
  const others = state.requests.filter((one) => one.pid !== event.pid);
  const before = state.agents.find((one) => one.pid === event.pid) ?? newAgent(event.pid);
  const next: AgentState = {
    ...before,
    since: before.since || event.at,
    busy: event.busy,
    total: event.total,
    queueMs: event.queueMs ?? null,
    sampledAt: event.at,
    dropped: event.dropped,
  };
  const all = event.requests.length + others.length === 0 ? NONE : [...others, ...event.requests];
  return {
    ...state,
    verdicts: stillServed(state.verdicts, event.requests, event.pid),
    requests: all.length === 0 && state.requests.length === 0 ? state.requests : all.toSorted(oldestFirst).slice(0, KEEP.requests),
    agents: event.from === 'scoreboard' ? state.agents : byPid([...state.agents.filter((one) => one.pid !== event.pid), next]),
  };
}

const NONE: never[] = [];

function newAgent(pid: number): AgentState {
  return {
    pid,
    state: 'connected',
    since: 0,
    python: null,
    detail: '',
    busy: 0,
    total: 0,
    queueMs: null,
    sampledAt: null,
    dropped: 0,
  };
}

function byPid(agents: AgentState[]): AgentState[] {
  return agents.toSorted((a, b) => a.pid - b.pid);
}

function oldestFirst(a: {startedAt: number}, b: {startedAt: number}): number {
  return a.startedAt - b.startedAt;
}

/**
 * A process ends once, but several sources may tell of it, each with less or more knowledge: the agent and the log name the cause,
 * the exit only the fact. The best-known cause stays.
 */
function restart(state: InstanceState, event: EventOf<'restart'>): InstanceState {
  const before = state.restarts.find((one) => one.pid === event.pid);
  const known = before !== undefined && knowledge(before) !== 0 && knowledge(event) <= knowledge(before);
  const record = {
    at: before?.at ?? event.at,
    pid: event.pid,
    cause: known ? before.cause : event.cause,
    text: known ? before.text : event.text,
    processGroup: event.processGroup || (before?.processGroup ?? ''),
    inFlight: event.inFlight ?? before?.inFlight ?? [],
    source: known ? before.source : event.source,
  };
  const others = state.restarts.filter((one) => one.pid !== event.pid);
  return {
    ...state,
    restarts: keep(
      [...others, record].toSorted((a, b) => a.at - b.at),
      KEEP.restarts,
    ),
  };
}

/** How much a cause explains; causes not listed here explain most. Of a crash the log knows a number, the agent the place. */
function knowledge({cause, source}: Pick<EventOf<'restart'>, 'cause' | 'source'>): number {
  if (cause === 'crash' && source === 'agent') return 1.75;
  return KNOWLEDGE[cause] ?? 2;
}

const KNOWLEDGE: Partial<Record<string, number>> = {unknown: 0, shutdown: 1, killed: 1, crash: 1.5};

function exception(state: InstanceState, event: EventOf<'exception'>): InstanceState {
  const same = (one: ExceptionRecord) =>
    one.title === event.title && one.file === (event.file ?? null) && one.line === (event.line ?? null);
  const before = state.exceptions.find(same);
  const record: ExceptionRecord = {
    at: event.at,
    pid: event.pid,
    requestId: event.requestId ?? null,
    request: event.request ?? null,
    title: event.title,
    traceback: event.traceback,
    file: event.file ?? null,
    line: event.line ?? null,
    count: (before?.count ?? 0) + 1,
  };
  return {...state, exceptions: keep([...state.exceptions.filter((one) => !same(one)), record], KEEP.exceptions)};
}

function notice(state: InstanceState, event: EventOf<'notice'>): InstanceState {
  const before = state.notices.find((one) => one.key === event.key);
  const others = state.notices.filter((one) => one.key !== event.key);
  if (event.cleared) return before ? {...state, notices: others} : state;
  const record = {
    key: event.key,
    at: before?.at ?? event.at,
    severity: event.severity,
    text: event.text,
    remedy: event.remedy ?? null,
  };
  return {...state, notices: keep([...others, record], KEEP.notices)};
}

function incident(state: InstanceState, event: EventOf<'incident'>): InstanceState {
  const at = state.incidents.findIndex((one) => one.id === event.incident.id);
  if (at >= 0) return {...state, incidents: state.incidents.with(at, event.incident)};
  const all = [...state.incidents, event.incident].toSorted((a, b) => a.openedAt - b.openedAt);
  return {...state, incidents: keep(all, KEEP.incidents)};
}

function verdict(state: InstanceState, event: EventOf<'verdict'>): InstanceState {
  const others = state.verdicts.filter((one) => one.requestId !== event.verdict.requestId);
  return {...state, verdicts: keep([...others, event.verdict], KEEP.verdicts)};
}

/** Verdicts live as long as their requests. */
function stillServed(verdicts: RequestVerdict[], requests: readonly {id: string}[], pid: number): RequestVerdict[] {
  const over = verdicts.filter((one) => one.pid === pid && !requests.some((request) => request.id === one.requestId));
  return over.length === 0 ? verdicts : verdicts.filter((one) => !over.includes(one));
}

const URGENT = new Set<LogLevel>(LOG_LEVELS.slice(0, LOG_LEVELS.indexOf('warn') + 1));

function logHead(head: LogHead, entry: LogEntry): LogHead {
  // A repeated entry comes again with the same number and a higher count: it replaces, it does not add.
  const again = entry.seq !== 0 && entry.seq <= head.last;
  const put = (list: LogEntry[], most: number) => keep([...list.filter((one) => one.seq !== entry.seq), entry], most);
  return {
    last: Math.max(head.last, entry.seq),
    dropped: head.dropped,
    counts: again ? head.counts : {...head.counts, [entry.level]: head.counts[entry.level] + 1},
    problems: URGENT.has(entry.level) ? put(head.problems, KEEP.problems) : head.problems,
    recent: isChatter(entry) ? head.recent : put(head.recent, KEEP.recent),
  };
}

function zeroCounts(): Record<LogLevel, number> {
  return Object.fromEntries(LOG_LEVELS.map((level) => [level, 0])) as Record<LogLevel, number>;
}

/** What a list shows of a capture. */
export function summarise(capture: StackCapture): StackSummary {
  const {id, at, pid, method, cause, title, threads} = capture;
  return {id, at, pid, method, cause, title, threads: threads.length, requests: threads.filter((one) => one.request).length};
}

function keep<T>(list: T[], most: number): T[] {
  return list.length > most ? list.slice(list.length - most) : list;
}

/**
 * Why a daemon process goes away, or went: from what mod_wsgi (4.9 and 6.x) and Apache's parent say in the error log.
 * Several lines speak about one death, in this order: the cause, "Shutdown requested", perhaps "aborting", the parent's "has died".
 * `rank` tells which of them knows best.
 */
import type {RestartCause} from '../../model/events.ts';
import type {LogEntry} from '../../model/log.ts';

export interface RestartReason {
  /** The process that goes or has gone, which is not always the one that wrote the line. */
  pid: number;
  cause: RestartCause;
  /** Plain words, one line. */
  text: string;
  /** Daemon process group, where the line names it. */
  processGroup?: string;
  /** 3 the cause itself, 2 how it ended, 1 that it was told to stop or cut, 0 only that it is gone. A higher one replaces a lower. */
  rank: 0 | 1 | 2 | 3;
  /** The process is gone already (said by Apache's parent), not only about to go. */
  gone: boolean;
}

interface Rule {
  match: RegExp;
  cause: RestartCause;
  text: string | ((match: RegExpExecArray) => string);
  rank: RestartReason['rank'];
  gone?: boolean;
}

/** Said by the daemon itself, or by its parent with the daemon's pid in the line. Wordings measured with 4.9.4 and 6.1.1. */
const RULES: Rule[] = [
  {match: /request time limit exceeded/, cause: 'request-timeout', text: 'a request ran longer than request-timeout', rank: 3},
  {match: /startup timer expired/, cause: 'startup-timeout', text: 'the application did not load within startup-timeout', rank: 3},
  {
    match: /Application restart timer expired(.*waiting)?/,
    cause: 'restart-interval',
    text: (m) => (m[1] ? 'restart-interval is over; requests in flight may finish first' : 'restart-interval is over'),
    rank: 3,
  },
  {match: /deadlock timer expired/, cause: 'deadlock-timeout', text: 'no thread could take the GIL within deadlock-timeout', rank: 3},
  {match: /idle inactivity timer expired/, cause: 'inactivity-timeout', text: 'no request within inactivity-timeout', rank: 3},
  {match: /Exceeded CPU time limit/, cause: 'cpu-time-limit', text: 'the process used more CPU time than cpu-time-limit', rank: 3},
  {match: /Maximum requests reached/, cause: 'maximum-requests', text: 'maximum-requests reached', rank: 3},
  {
    match: /(?:Process eviction|Graceful restart) requested/,
    cause: 'graceful',
    text: 'a graceful restart of the process was requested (SIGUSR1)',
    rank: 3,
  },
  {
    match: /Forc(?:e|ing) restart of (?:daemon )?process/,
    cause: 'script-changed',
    text: 'the WSGI script file was changed',
    rank: 3,
  },
  {match: /^monitor \(pid=\d+\): Triggering process restart/, cause: 'reload', text: 'a changed file triggered a reload', rank: 3},
  {
    match: /(?:graceful timer expired|restart timer expired in daemon process)/,
    cause: 'graceful',
    text: 'requests did not finish within graceful-timeout; stopping now',
    rank: 1,
  },
  {match: /Shutdown requested/, cause: 'shutdown', text: 'the process was told to stop', rank: 1},
  {
    match: /(?:Aborting process|Shutdown timeout expired; aborting)/,
    cause: 'shutdown',
    text: 'requests did not finish within shutdown-timeout and were cut',
    rank: 1,
  },
  {
    match: /has died but server is being stopped|to be deregistered, as server is restarting|^Deregistering daemon process/,
    cause: 'apache-restart',
    text: 'Apache itself is restarting or stopping',
    rank: 1,
  },
  {match: /terminated by signal (\d+)/, cause: 'crash', text: (m) => statusText(Number(m[1])), rank: 2, gone: true},
  {
    match: /terminated normally, exit code (\d+)/,
    cause: 'unknown',
    text: (m) => (m[1] === '0' ? 'the process ended' : `the process ended with exit status ${m[1]}`),
    rank: 0,
    gone: true,
  },
  {match: /has died[,;]/, cause: 'unknown', text: 'the process is gone', rank: 0, gone: true},
  {match: /appears to have been lost/, cause: 'unknown', text: 'Apache lost track of the process', rank: 0, gone: true},
];

/** AH00051/AH00052: `child pid 8745 exit signal Segmentation fault (11)`, also for MPM children. */
const CHILD_SIGNAL = /child pid (\d+) exit signal .*\((\d+)\)/;
const INNER_PID = /\(pid=(\d+)[,)]/;
const GROUP = /(?:process|Process)(?: called)? '([^']+)'|(?:requested|complete|shutdown|expired|triggered) '([^']+)'\.?$/;
const NAMES: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  31: 'SIGSYS',
};
/** Signals that somebody sends, as against those a process brings on itself. */
const SENT = new Set([1, 2, 9, 12, 15]);

/** What a log entry says about the end of a process, or null. Pure. */
export function restartReason(entry: LogEntry): RestartReason | null {
  if (entry.source === 'access' || entry.source === 'deck' || entry.kind) return null;
  if (entry.code === 'AH00051' || entry.code === 'AH00052') {
    const child = CHILD_SIGNAL.exec(entry.text);
    if (!child) return null;
    const signal = Number(child[2]);
    return {pid: Number(child[1]), cause: causeOfSignal(signal), text: signalText(signal), rank: 2, gone: true};
  }
  const monitor = entry.text.startsWith('monitor (pid=');
  if (entry.source === 'app' && !monitor) return null;
  for (const rule of RULES) {
    const match = rule.match.exec(entry.text);
    if (!match) continue;
    const pid = Number(INNER_PID.exec(entry.text)?.[1] ?? entry.pid);
    if (!Number.isInteger(pid)) return null;
    const signal = rule.cause === 'crash' ? Number(match[1]) : 0;
    const reason: RestartReason = {
      pid,
      cause: signal ? causeOfSignal(signal) : rule.cause,
      text: typeof rule.text === 'string' ? rule.text : rule.text(match),
      rank: rule.rank,
      gone: rule.gone ?? false,
    };
    const group = GROUP.exec(entry.text);
    if (group) reason.processGroup = group[1] ?? group[2]!;
    return reason;
  }
  return null;
}

function causeOfSignal(signal: number): RestartCause {
  return SENT.has(signal) ? 'killed' : 'crash';
}

/** mod_wsgi (4.9 and 6.x, measured) calls an exit status a signal too: `os._exit(7)` is "terminated by signal 7". */
function statusText(number: number): string {
  const name = NAMES[number];
  if (name === undefined) return `ended with exit status ${number}`;
  if (number === 9 || number === 15) return `killed by ${name} from outside, or ended with exit status ${number}`;
  return `crashed with ${name}, or ended with exit status ${number} (mod_wsgi reports both alike)`;
}

function signalText(signal: number): string {
  const name = NAMES[signal] ?? `signal ${signal}`;
  // Apache's parent reports an exit status of 3 as "signal 3" (measured), so the two cannot be told apart here.
  if (signal === 3) return 'the process ended with exit status 3 or by SIGQUIT';
  return SENT.has(signal) ? `killed by ${name} from outside` : `crashed with ${name}`;
}

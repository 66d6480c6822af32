/** What the guard writes into its status file (native-shim/guard/status.c): one fact a line. */

/** The guard's own account of one run. All fields stay at their empty value when the guard had no chance to write. */
export interface GuardVerdict {
  /** Process id of Apache's parent, which is also its process group and, outside debug mode, its session. */
  apachePid: number | null;
  /** When it started, in clock ticks since boot (field 22 of /proc/PID/stat); null where the platform does not tell. */
  apacheStart: number | null;
  /** What was asked for, in order: `INT`, `TERM`, `QUIT`, `HUP`, `USR1`, `graceful-stop`. The newest 100. */
  asked: string[];
  /** The terminal (pty) hung up. */
  hangup: boolean;
  /** The process that had launched the guard died. */
  parentDied: boolean;
  /** Apache did not stop within the grace time and everything was killed. */
  killedAfterGrace: boolean;
  /** Processes that Apache left behind and the guard ended. */
  orphans: number;
  /** Processes that could not even be killed. */
  leftBehind: number[];
  /** Why the program could not be started at all. */
  cannotRun: string | null;
  /** How Apache's parent ended; null when the guard did not live to see it. */
  end: {code: number} | {signal: number} | null;
}

/** Reads the status file's text. Unknown lines and an unfinished last line are passed over. */
export function parseGuardStatus(text: string): GuardVerdict {
  const verdict: GuardVerdict = {
    apachePid: null,
    apacheStart: null,
    asked: [],
    hangup: false,
    parentDied: false,
    killedAfterGrace: false,
    orphans: 0,
    leftBehind: [],
    cannotRun: null,
    end: null,
  };
  for (const line of text.split('\n').slice(0, -1)) {
    const gap = line.indexOf(' ');
    const word = gap < 0 ? line : line.slice(0, gap);
    const rest = gap < 0 ? '' : line.slice(gap + 1);
    const number = /^\d{1,10}$/.test(rest) ? Number(rest) : null;
    const started = word === 'started' ? /^(\d{1,10}) (\d{1,15})$/.exec(rest) : null;
    if (started !== null) {
      verdict.apachePid = Number(started[1]);
      verdict.apacheStart = Number(started[2]) || null;
    } else if (word === 'asked' && rest !== '') verdict.asked = [...verdict.asked.slice(-99), rest];
    else if (word === 'hangup') verdict.hangup = true;
    else if (word === 'parent-died') verdict.parentDied = true;
    else if (word === 'killed-after-grace') verdict.killedAfterGrace = true;
    else if (word === 'orphans' && number !== null) verdict.orphans = number;
    else if (word === 'left-behind' && number !== null) verdict.leftBehind.push(number);
    else if (word === 'cannot-run') verdict.cannotRun = rest;
    else if (word === 'exited' && number !== null) verdict.end = {code: number};
    else if (word === 'signalled' && number !== null) verdict.end = {signal: number};
  }
  return verdict;
}

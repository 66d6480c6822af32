import {closeSync, constants as fsConstants, fstatSync, openSync, readSync, rmSync} from 'node:fs';
import {constants as osConstants} from 'node:os';
import {nativeAsset} from '../express/assets.ts';
import {inTheWay} from '../express/regular-file.ts';
import {forgetPidFile, type PidFile} from '../express/server-root/pid-file.ts';
import type {ExitInfo} from '../model/events.ts';
import {classifyExit} from './guard-exit.ts';
import type {ExitMeaning} from './guard-exit.ts';
import {MARK, markOf} from './guard-mark.ts';
import {GuardPty} from './guard-pty.ts';
import {parseGuardStatus} from './guard-status.ts';
import type {GuardVerdict} from './guard-status.ts';
import {processStart, sweepInstance} from './guard-sweep.ts';
import type {SweepResult} from './guard-sweep.ts';

export interface GuardLaunch {
  /** Program and arguments: Apache in the foreground. */
  argv: readonly [string, ...string[]] | readonly string[];
  /** Name that the program sees as its own, as `exec -a` would give it. */
  argv0?: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Seconds between a demand to stop and SIGKILL, 0 to 86400. A graceful stop has no limit of its own. */
  graceSeconds: number;
  /** Seconds that daemon processes have to end when they are told to: mod_wsgi's shutdown timeout. Without it they have the whole grace time. */
  shutdownSeconds?: number;
  /** File that the guard creates or empties (0600); its folder must be writable by nobody else. */
  statusFile: string;
  /** Apache's pid file: what an earlier run has left of it is removed, because its number may be another process's by now. */
  pidFile?: PidFile;
  /** Users that Apache's processes run as, besides ours. */
  runUids?: readonly number[];
  /** Size of the pty. It changes only where somebody works on it (`resize`): everywhere else a change would be a SIGWINCH for nothing. */
  cols: number;
  rows: number;
  /** Nothing is started while somebody listens on one of these ports of 127.0.0.1 (with `six`, of ::1 as well): the guard ends with 126 instead, and says so. */
  ports?: {numbers: readonly number[]; six: boolean};
  /**
   * Gives the pty's keyboard to the program (debug mode): Ctrl-C and the kernel's SIGWINCH then
   * reach it, not the guard. Otherwise the program only prints there: its standard input is empty,
   * and it has no controlling terminal.
   */
  foreground?: boolean;
  /**
   * The same until `takeTerminal()`: after that the program and its children have no terminal any
   * more, and go on. For what it asks before it serves.
   */
  lent?: boolean;
  /** Milliseconds from the launch in which its output is not read, so that Apache has the processors: see HEAD_START in src/cli/launch.ts. */
  quietMs?: number;
  /** Another guard than the built one. */
  guardPath?: string;
}

/** `graceful-stop` lets requests in flight finish, `timed-stop` within the shutdown timeout; INT and TERM cut them; HUP restarts; USR1 restarts gracefully. */
export type GuardSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR1' | 'graceful-stop' | 'timed-stop';

/** What the guard gets for those that are no signals of Apache's. */
const GUARD_SIGNALS: Record<GuardSignal, NodeJS.Signals> = {
  SIGINT: 'SIGINT',
  SIGTERM: 'SIGTERM',
  SIGHUP: 'SIGHUP',
  SIGUSR1: 'SIGUSR1',
  'graceful-stop': 'SIGUSR2',
  'timed-stop': 'SIGXCPU',
};

export interface GuardEnd {
  /** How the guard ended, which is how Apache ended unless the guard itself was killed. */
  exit: ExitInfo;
  verdict: GuardVerdict;
  meaning: ExitMeaning;
  /** The guard did not see everything end: call `sweep()` before anything is started again. */
  needsSweep: boolean;
}

export interface GuardHandle {
  readonly guardPid: number;
  /** Apache's parent, as soon as the guard has written it (about a millisecond after launch); null before, or when it never started. */
  apachePid(): number | null;
  /** Resolves with Apache's pid when it is known, null when the guard ended without starting it. */
  started(): Promise<number | null>;
  /** Raw output; it is read for ever whether or not anybody listens. Returns the function that ends the subscription. */
  onOutput(listener: (chunk: Buffer) => void): () => void;
  /** Types into the pty. What the program never reads stays in the kernel's buffer: callers bound it. */
  write(data: string): void;
  /** Another size for the pty; the kernel tells the foreground group by SIGWINCH when it really changed. */
  resize(cols: number, rows: number): void;
  /** Ends what `lent` began. */
  takeTerminal(): void;
  /** Called once, also when it is subscribed to afterwards. */
  onExit(listener: (end: GuardEnd) => void): void;
  /** Asks the guard; false when it has already ended. HUP, USR1 and graceful-stop wait until Apache has been started. */
  signal(signal: GuardSignal): boolean;
  /** Kills Apache's process group at once; the guard then ends whatever has left it. False when the guard has already ended. */
  kill(): boolean;
  /** After the guard's death: makes sure that nothing of the instance is left. Takes at most `graceSeconds` and five seconds more. */
  sweep(): Promise<SweepResult>;
}

/** A line is ten bytes or so: enough for some 100,000 requests in one run. */
const STATUS_LIMIT = 1024 * 1024;
let launches = 0;

/**
 * Starts Apache under the guard on a new pty. Synchronous, about a millisecond.
 * A program that cannot be run is not an exception: it comes as the guard's exit (126, 127).
 * @throws Error when there is no guard in the installation, the system has no pty left, or the pid file is that of another Apache.
 */
export function launchGuard(launch: GuardLaunch): GuardHandle {
  const uids = [...new Set([process.getuid?.() ?? 0, ...(launch.runUids ?? [])])];
  const mark = markOf({supervisorPid: process.pid, serial: ++launches, uids, statusFile: launch.statusFile});
  const args = ['--grace', String(launch.graceSeconds), '--status', launch.statusFile, '--parent', String(process.pid)];
  if (launch.shutdownSeconds !== undefined) args.push('--cut', String(launch.shutdownSeconds));
  if (launch.argv0 !== undefined) args.push('--argv0', launch.argv0);
  if (launch.foreground) args.push('--foreground');
  if (launch.lent) args.push('--lent');
  for (const port of launch.ports?.numbers ?? [])
    args.push('--port', String(port), ...(launch.ports?.six ? ['--port6', String(port)] : []));
  if (launch.pidFile) forgetPidFile(launch.pidFile);
  // In a container that was started again the new guard may have the number of the old one, whose story this is.
  try {
    rmSync(launch.statusFile, {force: true});
  } catch (error) {
    const text = inTheWay(launch.statusFile);
    throw text === null ? error : new Error(text, {cause: error});
  }
  let apache: {pid: number; start: number | null} | null = null;
  let end: GuardEnd | null = null;
  const outputs = new Set<(chunk: Buffer) => void>();
  const exits = new Set<(end: GuardEnd) => void>();

  const pty = new GuardPty(
    {
      file: launch.guardPath ?? nativeAsset('wsgideck-guard'),
      args: [...args, '--', ...launch.argv],
      cwd: launch.cwd,
      env: {...launch.env, [MARK]: mark},
      // A program that works on the screen talks to our emulator, whatever terminal that is drawn on.
      terminal: launch.foreground ? 'xterm-256color' : (launch.env.TERM ?? 'dumb'),
      cols: launch.cols,
      rows: launch.rows,
      ...(launch.quietMs === undefined ? {} : {quietMs: launch.quietMs}),
    },
    (chunk) => {
      for (const listener of outputs) listener(chunk);
    },
    (code, signal) => {
      const exit: ExitInfo = signal ? {code: null, signal: signalName(signal)} : {code, signal: null};
      const verdict = parseGuardStatus(readStatus(launch.statusFile, guardPid));
      end = {exit, verdict, meaning: classifyExit(exit, verdict), needsSweep: needsSweep(verdict)};
      for (const listener of exits) listener(end);
      exits.clear();
    },
  );
  const guardPid = pty.pid;
  const guardStart = processStart(guardPid);

  const apachePid = (): number | null => {
    if (apache === null) {
      const verdict = parseGuardStatus(readStatus(launch.statusFile, guardPid));
      if (verdict.apachePid !== null) apache = {pid: verdict.apachePid, start: verdict.apacheStart};
    }
    return apache?.pid ?? null;
  };

  const started = async (): Promise<number | null> => {
    for (let wait = 1; apachePid() === null && end === null; wait = Math.min(wait * 2, 50)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return apachePid();
  };

  const send = (signal: NodeJS.Signals, pid = guardPid): boolean => {
    if (end !== null) return false;
    try {
      // A guard that somebody has stopped could not obey.
      process.kill(guardPid, 'SIGCONT');
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  };

  return {
    guardPid,
    apachePid,
    started,
    onOutput(listener) {
      outputs.add(listener);
      return () => outputs.delete(listener);
    },
    write(data) {
      if (end === null) pty.write(data);
    },
    resize(cols, rows) {
      try {
        if (end === null) pty.resize(cols, rows);
      } catch {
        // It has just ended: the descriptor is closed a moment before we hear of it.
      }
    },
    takeTerminal() {
      if (launch.lent) pty.hangUp();
    },
    onExit(listener) {
      if (end === null) exits.add(listener);
      else queueMicrotask(listener.bind(null, end));
    },
    signal(signal) {
      const name = GUARD_SIGNALS[signal];
      // In its first millisecond the guard does not handle signals yet; a restart must not end it, a stop may.
      if (name === 'SIGINT' || name === 'SIGTERM' || apachePid() !== null) return send(name);
      if (end !== null) return false;
      void started().then((pid) => pid !== null && send(name));
      return true;
    },
    kill() {
      const pid = apachePid();
      // Before there is an Apache, the guard itself can be killed: nothing is lost with it.
      return send('SIGKILL', pid === null ? guardPid : -pid);
    },
    sweep: () =>
      sweepInstance(
        {
          guardPid,
          guardStart,
          apachePid: apachePid(),
          apacheStart: apache?.start ?? null,
          mark: `${MARK}=${mark}`,
          uids: new Set(uids),
        },
        {graceSeconds: launch.graceSeconds, ...(launch.shutdownSeconds === undefined ? {} : {shutdownSeconds: launch.shutdownSeconds})},
      ),
  };
}

function needsSweep(verdict: GuardVerdict): boolean {
  if (verdict.leftBehind.length > 0) return true;
  return verdict.end === null && verdict.cannotRun === null;
}

function signalName(number: number): string {
  for (const [name, value] of Object.entries(osConstants.signals)) if (value === number) return name;
  return `signal ${number}`;
}

/** The file's text, or nothing when it is not there yet or tells of another guard (an earlier run in the same place). */
function readStatus(path: string, guardPid: number): string {
  let fd: number;
  try {
    fd = openSync(path, fsConstants.O_RDONLY | fsConstants.O_NOFOLLOW | fsConstants.O_NONBLOCK);
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(Math.min(fstatSync(fd).size, STATUS_LIMIT));
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
    return text.startsWith(`guard ${guardPid}\n`) ? text : '';
  } catch {
    return '';
  } finally {
    closeSync(fd);
  }
}

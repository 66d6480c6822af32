import type {ExitInfo} from '../model/events.ts';

/** How one run of Apache under a guard ended. */
export interface RunEnd {
  exit: ExitInfo;
  /** In an orderly way: something, wsgideck or another program, told Apache to stop, and it ended with status 0. */
  clean: boolean;
  /** In plain words, for example "Apache's parent was killed by SIGKILL". */
  text: string;
}

export type ApacheSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR1' | 'graceful-stop' | 'timed-stop';

/** The pty of one run, where somebody can work on it (debug mode). */
export interface InteractivePty {
  /** Everything since the launch, then what comes. One listener. */
  onOutput(listener: (chunk: Buffer) => void): void;
  write(data: string): void;
  resize(cols: number, rows: number): void;
}

/** One Apache under one guard. */
export interface Running {
  readonly guardPid: number;
  /** Pid of Apache's parent, once the guard has started it. */
  apachePid(): number | null;
  /** Resolves with that pid as soon as it is there, with null when the run has ended without one. */
  started(): Promise<number | null>;
  /** Does nothing when Apache has ended. */
  signal(signal: ApacheSignal): void;
  /** Kills whatever is left, at once. */
  kill(): void;
  /** Only in debug mode. */
  readonly pty?: InteractivePty;
  /** Settles when nothing of this run is left. */
  readonly ended: Promise<RunEnd>;
}

import type {ExitInfo, RestartCause} from '../model/events.ts';
import type {GuardVerdict} from './guard-status.ts';

export interface ExitMeaning {
  /** Apache ended in an orderly way: asked by wsgideck or by something else, with status 0, nothing killed. */
  clean: boolean;
  /** One line for people, without a final full stop. */
  text: string;
}

/** Requests that are meant to end Apache; HUP and USR1 only restart it. */
const STOPS = new Set(['INT', 'TERM', 'QUIT', 'graceful-stop']);

/** Signals that mean a fault in Apache or in a module loaded into its parent process. */
const CRASHES = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']);

/** Why Apache's parent has ended that nobody here has asked to. */
export function causeOfEnd({signal}: ExitInfo): RestartCause {
  if (signal === null) return 'unknown';
  return CRASHES.has(signal) ? 'crash' : 'killed';
}

/** Says what the end of an instance was. `exit` is how the guard process ended, `verdict` what it had written. */
export function classifyExit(exit: ExitInfo, verdict: GuardVerdict): ExitMeaning {
  if (verdict.leftBehind.length > 0) {
    return {
      clean: false,
      text: `Apache was killed, but could not be ended entirely: left behind are processes ${verdict.leftBehind.join(', ')}`,
    };
  }
  if (verdict.cannotRun !== null) return {clean: false, text: `Apache could not be started: ${verdict.cannotRun}`};
  if (verdict.end === null) return withoutVerdict(exit, verdict);

  const asked = verdict.asked.some((request) => STOPS.has(request));
  const because = reason(verdict, asked);
  if (verdict.killedAfterGrace)
    return {clean: false, text: `Apache was killed: it did not stop within its grace time${because.replace(', as asked', '')}`};
  if (exit.signal !== null) return bySignal(exit.signal, because);
  if (exit.code === 0) {
    return {
      clean: true,
      text: because === '' ? 'Apache stopped, though not through wsgideck: something else told it to' : `Apache stopped${because}`,
    };
  }
  return {clean: false, text: `Apache ended with status ${exit.code}${because}${because === '' ? '; its own output says why' : ''}`};
}

function reason(verdict: GuardVerdict, asked: boolean): string {
  if (verdict.parentDied) return ' after the supervisor had died';
  if (verdict.hangup) return ' after its terminal had hung up';
  return asked ? ', as asked' : '';
}

function bySignal(signal: string, because: string): ExitMeaning {
  // A stop that comes before Apache handles signals ends it the default way: nothing was lost.
  if (because !== '' && (signal === 'SIGTERM' || signal === 'SIGINT')) {
    return {clean: true, text: `Apache stopped before it was ready${because}`};
  }
  if (CRASHES.has(signal)) return {clean: false, text: `Apache's parent process crashed (${signal})`};
  if (signal === 'SIGKILL')
    return {clean: false, text: "Apache's parent process was killed from outside (SIGKILL: kill -9, or the kernel was out of memory)"};
  return {clean: false, text: `Apache's parent process was ended by ${signal}`};
}

function withoutVerdict(exit: ExitInfo, verdict: GuardVerdict): ExitMeaning {
  if (exit.signal !== null) return {clean: false, text: `The guard itself was ended by ${exit.signal}; Apache was stopped with it`};
  if (verdict.apachePid === null)
    return {clean: false, text: `The guard could not start Apache (status ${exit.code}); its own output says why`};
  return {clean: false, text: `The guard ended with status ${exit.code} without saying how Apache ended`};
}

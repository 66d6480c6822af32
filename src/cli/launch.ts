import {setTimeout as sleep} from 'node:timers/promises';
import {checkPorts, checkScript, keepCompiledPython, prepareServer, type Problem, type ServerPlan} from '../express/index.ts';
import type {InstancePlan} from '../instance/instance-plan.ts';
import type {Running} from '../instance/running.ts';
import type {StartupOutput} from '../instance/startup-output.ts';
import {onTerminal} from '../instance/terminal.ts';
import {freshRoot, passedLock} from './background.ts';
import {keptCode} from './kept-code.ts';
import {refuse, say} from './say.ts';

/**
 * Milliseconds from Apache's launch in which nothing of ours is loaded or started, where nobody waits for a first frame: Apache's parent, child and daemon
 * want all processors, and with two of them the first answer came 10 % later.
 */
const HEAD_START = 70;

export interface Launched {
  running: Running;
  /** Milliseconds since the epoch. */
  at: number;
  /** Was any of our standard streams a terminal. */
  hadTerminal: boolean;
  /** Warnings. */
  problems: Problem[];
  /** Takes the server root back, when it did not exist before. */
  undo: () => void;
}

/**
 * Starts Apache, and then has Python read the script; null when something stands in the way: it has been said, and Apache is gone again.
 * @param review sees the problems before they are shown.
 * @param headStart whether Apache has the machine to itself at first (HEAD_START).
 * @throws the system's error; nothing is left of the start then.
 */
export async function launch(
  plan: ServerPlan,
  instance: InstancePlan,
  output: StartupOutput,
  review: (problems: Problem[]) => Problem[],
  headStart: boolean,
): Promise<Launched | null> {
  const kept = keptCode();
  const stop = untilStopped();
  const [{problems: place, undo, finish}, {runApache}] = await Promise.all([
    prepareServer(plan, {
      fresh: freshRoot,
      lock: passedLock,
      kept: kept?.folder ?? null,
      guarded: true,
      say,
      signal: stop.signal,
    }),
    import('../instance/run-apache.ts'),
  ]);
  if (place.some(isError)) {
    refuse(review(place));
    return null;
  }
  const at = Date.now();
  let running: Running | undefined;
  const giveUp = async () => {
    running?.signal('SIGTERM');
    await running?.ended;
    undo();
  };
  try {
    const quiet = headStart && !instance.launch.foreground ? {quietMs: HEAD_START} : {};
    running = runApache({...instance.launch, ...quiet}, output.chunk);
    finish();
  } catch (error) {
    await giveUp();
    throw error;
  }
  const hadTerminal = onTerminal();
  if (headStart) await sleep(HEAD_START);
  kept?.save?.();
  const script = await checkScript(plan);
  const apache = await Promise.race([running.started(), stop.came]);
  stop.end();
  const ports = stop.signal.aborted ? [] : await portsInTheWay(plan, output, apache);
  const problems = review([...place, ...ports, ...script]);
  if (!problems.some(isError)) {
    void keepCompiledPython(plan, kept?.folder ?? null);
    return {running, at, hadTerminal, problems, undo};
  }
  await giveUp();
  refuse(problems);
  return null;
}

/** What Apache says when it cannot bind, or (of two that have bound at the same moment) cannot listen. */
const CANNOT_LISTEN = /AH0007[23]/;

/**
 * Who is on our ports, once the guard has not started Apache, or Apache has not been able to listen: somebody was faster by a moment, or listens on an
 * address that nobody has asked about. Empty when Apache has found no reason to complain.
 * @param apache its pid, null when it was not started.
 */
export async function portsInTheWay(plan: ServerPlan, output: StartupOutput, apache: number | null): Promise<Problem[]> {
  const complained = output.lines.some((line) => CANNOT_LISTEN.test(line));
  return apache === null || complained ? checkPorts(plan) : [];
}

/**
 * A signal to stop that comes before the supervisor listens ends what is waited for here: a server root, or word from the guard. It is kept for whoever
 * listens later as well (src/instance/signals.ts).
 */
function untilStopped(): {signal: AbortSignal; came: Promise<null>; end: () => void} {
  const controller = new AbortController();
  const {signal} = controller;
  const stop = () => controller.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    signal,
    came: new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), {once: true})),
    end: () => void process.off('SIGINT', stop).off('SIGTERM', stop),
  };
}

const isError = (problem: Problem): boolean => problem.severity === 'error';

import {basename} from 'node:path';
import {currentHost} from '../../express/host.ts';
import type {ExitInfo} from '../../model/events.ts';
import {processTree} from '../../sources/processes/process-tree.ts';
import {isStopped, stopReason} from '../../sources/processes/stop-reason.ts';
import {safeText} from '../../terminal/safe-text.ts';
import type {InstancePlan} from '../instance-plan.ts';
import type {FirstRun, OutletKind} from '../run-instance.ts';
import type {Signals} from '../signals.ts';
import {StartupOutput} from '../startup-output.ts';
import {onTerminal} from '../terminal.ts';
import {linkForAttach} from './attach-link.ts';
import {Console} from './console.ts';
import {foreignPlan} from './foreign-plan.ts';
import {LentTerminal} from './lent-terminal.ts';
import type {Prepared} from './prepare.ts';
import {nameNewest, rotatedPrefix} from './rotated-log.ts';
import {runForeign, type ForeignRun} from './run-foreign.ts';
import {readTruth} from './truth.ts';

const UNSEEN =
  'the rotated error logs are on another file system than the temporary directory: they are not shown; set TMPDIR to a place beside them';
/** Lines of the command's own output that are repeated when there is no server in the end. */
const LAST_LINES = 10;
/** Milliseconds after which a start that has not got as far as Apache is mentioned. */
const SLOW = 1500;

export interface End {
  exit: ExitInfo;
  /** What went wrong, null when nothing did. */
  text: string | null;
}

export interface SuperviseOptions {
  kind: OutletKind;
  /** URL path asked for until the server answers; null for the mount point. */
  probePath: string | null;
  /** Shows one line to the person who gave the command. */
  say: (text: string) => void;
}

/** Runs the command until there is an Apache, and the instance from then on. Never rejects: what goes wrong is in its result. */
export async function supervise(prepared: Prepared, options: SuperviseOptions, signals: Signals): Promise<End> {
  const output = new StartupOutput();
  const printed = new Console(prepared.folder.console, (line) => output.chunk(Buffer.from(`${line}\n`)));
  await printed.start();
  const drained = () => printed.look();
  const launch = (onOutput: (chunk: Buffer) => void) => runForeign(prepared.launch, onOutput, drained);
  const terminal = LentTerminal.open(prepared.folder.console);
  const at = Date.now();
  const hadTerminal = onTerminal();
  let running: ForeignRun | null = null;
  let stopNaming: (() => void) | null = null;
  try {
    running = terminal ? runForeign({...prepared.launch, lent: true}, terminal.output, drained) : launch(output.chunk);
    const slow = () => {
      if (!terminal?.asked) options.say(`waiting for ${nameOf(prepared)} to start Apache`);
    };
    const {apachePid, stopped} = await untilStarted(running, signals, slow, terminal, options.say);
    // In debug mode there is one process, and it may ask as long as no dashboard has the screen.
    const debug = apachePid !== null && options.kind !== 'dashboard' && readTruth(apachePid)?.mode === 'debug';
    if (debug && terminal !== null) {
      const kept = running;
      terminal.connect(
        (keys) => kept.write(keys),
        () => process.kill(process.pid, 'SIGINT'),
      );
      terminal.take();
    } else {
      terminal?.end();
      running.takeTerminal();
    }
    await printed.look();
    if (apachePid === null) return await withoutApache(running, stopped, prepared, [...printed.banner, ...output.last(Infinity)]);
    const truth = readTruth(apachePid);
    const plan = foreignPlan(prepared, truth, printed.banner, options.probePath, currentHost());
    const prefix = rotatedPrefix(truth?.errorLog ?? '');
    stopNaming = prefix === null ? null : nameNewest(prefix, prepared.folder.rotatedLog, at);
    const warnings = prefix !== null && stopNaming === null ? [...plan.warnings, UNSEEN] : plan.warnings;
    return await watch({...plan, warnings}, {running, at, output, hadTerminal, launch}, options, signals);
  } catch (error) {
    running?.signal('SIGTERM');
    await running?.ended;
    return {exit: {code: 1, signal: null}, text: (error as Error).message};
  } finally {
    terminal?.end();
    stopNaming?.();
    await printed.stop();
  }
}

async function watch(plan: InstancePlan, first: FirstRun, {kind, say}: SuperviseOptions, signals: Signals): Promise<End> {
  const {runInstance} = await import('../run-instance.ts');
  if (kind !== 'dashboard') for (const text of plan.warnings) say(`warning: ${text}`);
  const unlink = linkForAttach(plan.info.serverRoot, plan.controlSocket);
  try {
    const {exit, failure} = await runInstance(plan, first, kind, signals);
    if (failure !== null) for (const line of first.output.last(LAST_LINES)) say(safeText(line));
    return {exit, text: failure === null ? null : `${failure}; see ${plan.info.errorLog}`};
  } finally {
    unlink();
  }
}

/** Waits for Apache to appear; a signal meanwhile ends the command. */
async function untilStarted(
  running: ForeignRun,
  signals: Signals,
  slow: () => void,
  terminal: LentTerminal | null,
  say: (text: string) => void,
): Promise<{apachePid: number | null; stopped: boolean}> {
  let stopped = false;
  signals((signal) => {
    stopped = true;
    running.signal(signal === 'SIGINT' ? signal : 'SIGTERM');
  });
  terminal?.connect(
    (keys) => running.write(keys),
    () => (stopped = true),
  );
  const late = setTimeout(slow, SLOW);
  const stops = setInterval(() => {
    const line = stoppedBelow(running.guardPid);
    if (line === null) return;
    clearInterval(stops);
    say(line);
  }, SLOW);
  // The time until then is free to load what watches over Apache.
  const [apachePid] = await Promise.all([running.started(), import('../run-instance.ts')]);
  clearTimeout(late);
  clearInterval(stops);
  return {apachePid, stopped};
}

/** A process of the command that is stopped: one that asks from a background group of the terminal, for example. */
function stoppedBelow(guardPid: number): string | null {
  for (const {pid, comm, state} of processTree([guardPid])) {
    const found = isStopped(state) ? stopReason(pid, state) : null;
    if (found) return `warning: the command waits: process ${pid} (${safeText(comm)}) is stopped by ${safeText(found.reason.by)}`;
  }
  return null;
}

/** The command has ended by itself, or was told to: its own words say why. */
async function withoutApache(running: ForeignRun, stopped: boolean, prepared: Prepared, words: readonly string[]): Promise<End> {
  const {exit} = await running.ended;
  if (stopped) return {exit, text: null};
  for (const line of words) process.stderr.write(`${safeText(line)}\n`);
  const how = exit.signal === null ? `with status ${exit.code}` : `by ${exit.signal}`;
  return {
    exit: exit.code === 0 ? {code: 1, signal: null} : exit,
    text: `${nameOf(prepared)} ended ${how} before anything was served`,
  };
}

/** The command in two words: `mod_wsgi-express start-server`, `manage.py runmodwsgi`. */
function nameOf({command}: Prepared): string {
  return command.head
    .slice(-2)
    .map((word) => basename(word))
    .join(' ');
}

import {statSync} from 'node:fs';
import {
  addsModWsgi,
  bannerLines,
  effectiveOptions,
  httpdCommand,
  portsForGuard,
  releaseServerRoot,
  type Problem,
  type ServerPlan,
} from '../express/index.ts';
import {nativeAsset} from '../express/assets.ts';
import {readRegularOrThrow} from '../express/regular-file.ts';
import {renewLock} from '../express/server-root/lock.ts';
import {pidFileOf} from '../express/server-root/pid-file.ts';
import type {ConfigView} from '../model/commands.ts';
import {LOG_LEVELS, type LogLevel} from '../model/log.ts';
import {recordingFolder} from '../instance/recorder/segment-files.ts';
import {hasTerminal} from '../instance/terminal.ts';
import {readRecord} from '../instance/guard-mark.ts';
import type {InstancePlan} from '../instance/instance-plan.ts';
import {catchSignals} from '../instance/signals.ts';
import {StartupOutput} from '../instance/startup-output.ts';
import {safeText} from '../terminal/safe-text.ts';
import {inBackground} from './background.ts';
import {type Launched, launch, portsInTheWay} from './launch.ts';
import {endSoon} from './last-resort.ts';
import {leave} from './leave.ts';
import {refuse, say, systemProblem} from './say.ts';

/** Size of Apache's pty; nothing there looks at it, but in debug mode, where it becomes that of the pane. */
const PTY = {cols: 200, rows: 50};

export interface ServeOptions {
  /** The environment that Apache is started in; this process's own unless told. */
  env?: NodeJS.ProcessEnv;
  /** What the caller has found out itself is added to the problems (or takes the place of some) before they are shown. */
  review?: (problems: Problem[]) => Problem[];
}

/**
 * From the plan to the end of the server: writes the server root, launches Apache, and runs the instance with the output that was asked for.
 * Everything up to the launch happens with as little loaded as possible; what watches over Apache is loaded while it starts. Sets the exit
 * status: Apache's own, or 1 for what preflight finds.
 */
export async function serve(plan: ServerPlan, options: ServeOptions = {}): Promise<void> {
  // Rarely is there anything to look for: the guard writes down how its run ended.
  if (!inBackground && readRecord(plan.paths.guardStatus) !== null && !(await (await import('./left-behind.ts')).mayStart(plan))) return;
  if (plan.options.detach && !inBackground) return (await import('./detach.ts')).detach(plan);
  await run(plan, options);
  endSoon();
}

async function run(plan: ServerPlan, {env = process.env, review = (problems) => problems}: ServeOptions): Promise<void> {
  const instance = instancePlan(plan, env);
  const kind = inBackground ? 'background' : plan.output === 'dashboard' && !hasTerminal() ? 'plain' : plan.output;
  const signals = catchSignals();
  const output = new StartupOutput();
  let launched: Launched | null;
  try {
    launched = await launch(plan, instance, output, review, kind !== 'dashboard');
  } catch (error) {
    releaseServerRoot(plan);
    return refuse([systemProblem(error)]);
  }
  if (launched === null) return;
  const {running, at, hadTerminal, problems, undo} = launched;
  const warnings = problems.map((one) => one.text);
  if (kind !== 'dashboard') for (const text of warnings) say(`warning: ${text}`);
  const {runInstance} = await import('../instance/run-instance.ts');
  const {exit, failure} = await runInstance({...instance, warnings}, {running, at, output, hadTerminal}, kind, signals);
  releaseServerRoot(plan);
  // On a busy machine Apache gets no further than this after the launch has been looked at.
  const ports = failure === null ? [] : await portsInTheWay(plan, output, running.apachePid());
  if (ports.length > 0) {
    undo();
    refuse(ports);
    return leave(exit);
  }
  if (failure !== null) {
    for (const line of output.last(LAST_LINES)) say(safeText(line));
    const full = await (await import('./no-room.ts')).noRoom(plan.paths.root);
    const text = full === null ? `${failure}; see ${plan.paths.errorLog}` : `${failure.replace('; its own output says why', '')}; ${full}`;
    say(`error: ${safeText(text)}`);
    if (output.lines.some((line) => PASS_PHRASE.test(line))) say(`error: ${LOCKED_KEY}`);
  }
  leave(exit);
}

/** What mod_ssl prints before it asks; it has no terminal to ask on. */
const PASS_PHRASE = /\(Pass Phrase Dialog\)|Enter pass phrase:/;
const LOCKED_KEY =
  'a private key of the included configuration is locked with a passphrase, which nobody can type at the start; take it off (openssl pkey -in KEY -out NEW), or let SSLPassPhraseDialog name a program that prints it';

/** Lines of Apache's own output that are repeated when it did not start. */
const LAST_LINES = 10;

/** Bytes of the generated configuration that are shown. */
const CONF_LIMIT = 4 * 1024 * 1024;

function configView(plan: ServerPlan): ConfigView {
  const view = {options: effectiveOptions(plan.options), file: plan.paths.conf};
  try {
    return {...view, lines: readRegularOrThrow(view.file, CONF_LIMIT).split('\n')};
  } catch (error) {
    return {...view, lines: [], error: (error as Error).message};
  }
}

/** The level for all modules in a LogLevel such as "warn wsgi:debug". */
function generalLevel(text: string): LogLevel {
  const general = text.split(/\s+/).find((word) => !word.includes(':')) ?? 'warn';
  return LOG_LEVELS.find((level) => general === level || general.startsWith(level)) ?? 'warn';
}

function sizeOf(path: string): number {
  return statSync(path, {throwIfNoEntry: false})?.size ?? 0;
}

/** Where a log of this run begins. With --rotate-logs each run begins a file of its own. */
const beginning = (plan: ServerPlan, path: string): number => (plan.rotation === null ? sizeOf(path) : 0);

function recordingPlan({paths, options}: ServerPlan): InstancePlan['recording'] {
  const maxBytes = options.flightRecorderSize * 1024 * 1024;
  return maxBytes === 0 ? null : {folder: recordingFolder(paths.root), maxBytes};
}

function slotPlan({slots, options, info, watch, services}: ServerPlan): InstancePlan['slots'] {
  const {reloadTimeout: loadTimeout, gracefulTimeout, shutdownTimeout} = options;
  return slots && {...slots, processes: info.processes, loadTimeout, gracefulTimeout, shutdownTimeout, roots: watch.roots, services};
}

/** As in the original, --log-directory wins over --log-to-terminal. */
function rawLogs(plan: ServerPlan): Pick<InstancePlan, 'rawLogs'> {
  const {options, paths} = plan;
  if (!options.logToTerminal || options.logDirectory !== null) return {};
  const file = (path: string) => ({path, from: beginning(plan, path)});
  const access = paths.accessLog === null ? null : file(paths.accessLog);
  return {rawLogs: {error: file(paths.errorLog), access, quietModWsgi: addsModWsgi(options.logLevel)}};
}

function instancePlan(plan: ServerPlan, env: NodeJS.ProcessEnv): InstancePlan {
  const {paths, probe, runUser, watch} = plan;
  const interactive = plan.mode === 'debug';
  const ports = portsForGuard(plan);
  const guarded = {
    ...(ports === null ? {} : {ports}),
    graceSeconds: plan.graceSeconds,
    shutdownSeconds: Math.max(0, plan.options.shutdownTimeout),
    statusFile: paths.guardStatus,
    pidFile: pidFileOf(plan),
    runUids: [runUser.uid, ...plan.services.flatMap(({user}) => (user === null ? [] : [user.uid]))],
    foreground: interactive,
    ...PTY,
  };
  return {
    info: {...plan.info, supervisorPid: process.pid, ...(interactive ? {interactive} : {})},
    launch: {...httpdCommand(plan, env), ...guarded},
    target: probe,
    controlSocket: paths.controlSocket,
    viewSocket: plan.view,
    agentSocket: paths.agentSocket,
    renewLock: () => renewLock(paths.lock),
    phases:
      plan.phases === 'datagrams'
        ? {by: plan.phases, program: nativeAsset('wsgideck-telemetry'), socketPath: paths.timesSocket}
        : plan.phases && {by: plan.phases},
    python: plan.python.executable,
    runDirectory: paths.run,
    errorLog: paths.errorLog,
    rotated: plan.rotation !== null,
    accessLog: paths.deckAccessLog,
    errorLogFrom: beginning(plan, paths.errorLog),
    accessLogFrom: sizeOf(paths.deckAccessLog),
    serviceLogs: plan.services.flatMap(({name, log}) => (log === null ? [] : [{name, path: log, from: beginning(plan, log)}])),
    runUser: plan.asRoot ? {uid: runUser.uid, gid: runUser.gid} : null,
    watch: watch.onChanges ? {roots: watch.roots, include: watch.include, exclude: watch.exclude} : null,
    slots: slotPlan(plan),
    services: plan.services,
    livePage: plan.browserReload ? paths.livePage : null,
    reloadGracefully: plan.reloadStrategy === 'graceful',
    logLevel: generalLevel(plan.options.logLevel),
    config: () => configView(plan),
    recording: recordingPlan(plan),
    ...rawLogs(plan),
    banner: bannerLines(plan),
    warnings: [],
  };
}

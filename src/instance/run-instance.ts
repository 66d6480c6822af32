import {dirname, join} from 'node:path';
import {ControlServer} from '../control/server.ts';
import type {ExitInfo} from '../model/events.ts';
import {watchCapacity} from './advice.ts';
import {Bus} from './bus.ts';
import {Captures} from './captures.ts';
import {LiveEngine} from './engine.ts';
import {watchGuard} from './guard-watch.ts';
import {watchIncidents} from './incidents/watch-incidents.ts';
import type {InstancePlan} from './instance-plan.ts';
import {LivePages} from './live-pages.ts';
import {LogPlaces, type LogPlace} from './log-places.ts';
import {Observer} from './observer.ts';
import {OwnPlaces} from './own-places.ts';
import {dashboardOutlet, jsonOutlet, plainOutlet} from './outlet.ts';
import {rawOutlet} from './raw-logs.ts';
import {Recorder} from './recorder/recorder.ts';
import {watchRestartLoops} from './restart-loop.ts';
import {confProblem, RootWatch} from './root-watch.ts';
import {runApache} from './run-apache.ts';
import type {Running} from './running.ts';
import {StartupOutput} from './startup-output.ts';
import type {Signals} from './signals.ts';
import {slotsOf} from './slots/index.ts';
import {OneGroup} from './slots/one-group.ts';
import {Supervisor} from './supervisor.ts';
import {onTerminal} from './terminal.ts';
import {TerminalPane} from './terminal-pane.ts';
import {passThrough} from './terminal-through.ts';
import {watchCode} from './watch-code.ts';

/** `background`: only the course of events; the logs are files that it would be a second copy of. */
export type OutletKind = 'dashboard' | 'plain' | 'json' | 'background';

export interface FirstRun {
  running: Running;
  at: number;
  output: StartupOutput;
  /** Was any of our standard streams a terminal when it was started. */
  hadTerminal: boolean;
  /** Starts another one after a failure, where that takes more than Apache's command line. */
  launch?: (onOutput: (chunk: Buffer) => void) => Running;
}

/**
 * Watches over an Apache that has just been started, until it has ended for good.
 * @param signals calls its listener for each signal the supervisor gets, those included that came before this was loaded.
 * @returns how Apache ended, and a reason when it was not asked to.
 */
export async function runInstance(
  plan: InstancePlan,
  first: FirstRun,
  kind: OutletKind,
  signals: Signals,
): Promise<{exit: ExitInfo; failure: string | null}> {
  const bus = new Bus(plan.info.name);
  const captures = new Captures(bus);
  // In debug mode the pty is somebody's terminal, not a log.
  const pane = plan.info.interactive ? new TerminalPane(bus, plan.launch, plan.info.mpm !== 'prefork') : null;
  const through = pane ? (print: (text: string) => void) => passThrough(pane, print, () => supervisor.forward('SIGINT')) : undefined;
  const make = {
    json: () => jsonOutlet(bus),
    background: () => plainOutlet(bus, 'emerg', plan.banner, undefined, (event) => event.type !== 'log'),
    plain: () =>
      plan.rawLogs ? rawOutlet(bus, plan.rawLogs, plan.banner, through) : plainOutlet(bus, plan.logLevel, plan.banner, through),
    dashboard: () => dashboardOutlet(bus, plan.controlSocket, plan.logLevel, () => supervisor.unattended()),
  };
  let outlet = kind === 'dashboard' ? null : make[kind]();
  const pids = () => ({
    guard: bus.state().lifecycle.guardPid,
    apache: bus.state().lifecycle.apachePid,
    dashboard: outlet?.dashboardPid() ?? null,
  });
  const slots = slotsOf(plan, bus, () => observer);
  const imports = slots ?? (plan.watch ? new OneGroup(plan, bus, (pid, message) => observer.tell(pid, message)) : null);
  const observer = new Observer(bus, plan, pids, imports?.listener);
  const takeOutput = (output: StartupOutput, running: Running) => {
    if (running.pty) pane?.attach(running.pty);
    else output.to(observer.startupLine);
    return running;
  };
  const launch = () => {
    const output = new StartupOutput();
    return takeOutput(output, first.launch?.(output.chunk) ?? runApache(plan.launch, output.chunk));
  };
  const {serverRoot} = plan.info;
  const conf = join(serverRoot, 'httpd.conf');
  const logs = new LogPlaces(serverRoot, logPlaces(plan), plan.rotated);
  const supervisor = new Supervisor({
    bus,
    target: plan.target,
    launch,
    daemons: () => observer.daemons(),
    alive: (pid) => observer.alive(pid),
    shutdownTimeout: plan.info.shutdownTimeout,
    ...(plan.reloadGracefully ? {reloadGracefully: plan.info.gracefulTimeout} : {}),
    ...(slots ? {swap: slots} : {}),
    attended: () => outlet?.attended() ?? false,
    obstacle: () => confProblem(conf) ?? logs.obstacle(),
    ...(pane ? {single: {letGo: () => pane.leavePrompt()}} : {}),
  });
  slots?.connect(observer, () => void supervisor.newCode());
  bus.put({type: 'instance', info: plan.info});
  for (const [index, text] of plan.warnings.entries()) bus.put({type: 'notice', key: `preflight-${index}`, severity: 'warn', text});
  supervisor.adopt(takeOutput(first.output, first.running), first.at);
  signals((signal) => {
    // The kernel's hang-up comes as SIGHUP as well, and takes the terminal away (the descriptors stay open): there is nobody to restart for.
    if (signal === 'SIGHUP' && first.hadTerminal && !onTerminal()) supervisor.hangUp();
    else supervisor.forward(signal);
  });
  let ended = false;
  void supervisor.finished.then(() => {
    ended = true;
    outlet?.ending();
  });
  const pages = plan.livePage ? new LivePages(bus, plan.livePage) : null;
  const incidents = watchIncidents(bus, {serverRoot: plan.info.serverRoot, takeStacks: (pid) => observer.takeStacks(pid)});
  const recorder = plan.recording
    ? new Recorder(bus, {...plan.recording, config: plan.config, incident: async (id) => incidents.get(id)})
    : undefined;
  const server = new ControlServer(
    new LiveEngine(bus, supervisor, observer, captures, plan.config, pane, {incidents, ...(recorder ? {recorder} : {})}),
    plan.controlSocket,
    plan.viewSocket,
  );
  const own = new OwnPlaces({
    folders: ownFolders(plan),
    renewLock: plan.renewLock,
    sockets: [{name: 'the control socket', renew: () => server.renew()}, ...observer.sockets],
  });
  const ground = new RootWatch(bus, {root: serverRoot, conf, logs, own});
  try {
    // Folders may be deleted at any moment: what cannot be made now is tried again with each look at the ground, which says so.
    await Promise.all([server.start().catch(() => {}), observer.start()]);
    // Apache may have refused to start meanwhile: there is nothing to show.
    if (!ended) outlet ??= make.dashboard();
    recorder?.start();
    ground.start();
    const unloop = watchRestartLoops(bus);
    const unmeter = watchCapacity(bus);
    const unguard = watchGuard(bus);
    const watching = plan.watch ? watchCode(plan.watch, first.at, bus, supervisor, imports, pages) : null;
    const exit = await supervisor.finished;
    await ground.stop();
    imports?.close();
    pages?.close();
    unloop();
    unmeter();
    unguard();
    await watching?.then((one) => one.close());
    await observer.stop();
    const {lifecycle} = bus.state();
    return {exit, failure: lifecycle.phase === 'failed' ? lifecycle.detail : null};
  } finally {
    await ground.stop();
    incidents.close();
    await recorder?.stop();
    await server.close();
    own.leave();
    await outlet?.close();
  }
}

/** Folders that are ours, from the outermost to the innermost. */
function ownFolders({info, controlSocket, runDirectory}: InstancePlan): string[] {
  const deck = dirname(controlSocket);
  // The server root of `run --` is the original's.
  const outer = deck.startsWith(`${info.serverRoot}/`) ? [info.serverRoot] : [];
  return [...outer, deck, runDirectory];
}

/** What Apache writes into by name. */
function logPlaces({info, errorLog, accessLog, serviceLogs = []}: InstancePlan): LogPlace[] {
  return [
    {name: 'error log', path: errorLog},
    ...(info.accessLog === null ? [] : [{name: 'access log', path: info.accessLog}]),
    ...serviceLogs.map(({name, path}) => ({name: `log of the service ${name}`, path})),
    {name: 'private access log', path: accessLog},
  ];
}

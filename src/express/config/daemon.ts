import {displayName} from '../httpd-command.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {atLeast} from '../version.ts';
import {importPlaces, scriptPlace, SLOT_VARIABLE} from './place.ts';
import {quote, section} from './quote.ts';

/** Settings of WSGIDaemonProcess, in the order in which they are written. */
function daemonSettings(plan: ServerPlan, group: string): [name: string, value: string | number][] {
  const {options, application, paths} = plan;
  const knows = (version: string) => atLeast(plan.module.version, version);
  const settings: [string, string | number | null][] = [
    ['display-name', quote(displayName(plan, group))],
    ['home', quote(application.workingDirectory)],
    // Left out it means one process that is told to be the only one; processes=1 means one of possibly several.
    ['processes', options.processes],
    ['threads', options.threads],
    ['maximum-requests', options.maximumRequests],
    ['python-path', application.pythonPaths.length > 0 ? quote(application.pythonPaths.join(':')) : null],
    ['python-eggs', quote(paths.pythonEggs)],
    ['lang', quote(plan.locale.name)],
    ['locale', quote(plan.locale.name)],
    ['listen-backlog', options.daemonBacklog],
    ['queue-timeout', options.queueTimeout],
    ['socket-timeout', options.socketTimeout],
    ['connect-timeout', options.connectTimeout],
    ['request-timeout', options.requestTimeout],
    ['interrupt-timeout', knows('6.0.0') ? options.interruptTimeout : null],
    ['inactivity-timeout', options.inactivityTimeout],
    ['startup-timeout', options.startupTimeout],
    ['deadlock-timeout', options.deadlockTimeout],
    ['graceful-timeout', options.gracefulTimeout],
    ['eviction-timeout', options.evictionTimeout],
    ['restart-interval', options.restartInterval],
    ['cpu-time-limit', options.cpuTimeLimit],
    ['shutdown-timeout', options.shutdownTimeout],
    ['send-buffer-size', options.sendBufferSize],
    ['receive-buffer-size', options.receiveBufferSize],
    ['header-buffer-size', options.headerBufferSize],
    ['response-buffer-size', options.responseBufferSize],
    ['response-socket-timeout', options.responseSocketTimeout],
    ['response-flush-delay', options.responseFlushDelay],
    ['switch-interval', options.switchInterval],
    ['memory-limit', options.memoryLimit || null],
    ['virtual-memory-limit', options.virtualMemoryLimit || null],
    ['supplementary-groups', options.supplementaryGroups.length > 0 ? quote(options.supplementaryGroups.join(',')) : null],
    ['server-metrics', options.serverMetrics ? 'On' : null],
  ];
  return settings.filter((setting): setting is [string, string | number] => setting[1] !== null);
}

/** The daemon process group, or both of a reload by swap. */
function daemonGroups(plan: ServerPlan): string[] {
  const groups = plan.slots === null ? [plan.processGroup] : [plan.slots.groups.blue, plan.slots.groups.green];
  return [
    // Python in Apache's own processes costs memory; mod_wsgi starts it there all the same for access scripts.
    'WSGIRestrictEmbedded On',
    ...groups.flatMap((group) => {
      const settings = daemonSettings(plan, group).map(([name, value]) => `    ${name}=${value}`);
      return [`WSGIDaemonProcess ${quote(group)} \\`, settings.join(' \\\n')];
    }),
    ...slotSwitch(plan),
  ];
}

/** Which of two groups a request goes to is decided when it comes: by a file that Apache looks for. Its cost is lost in the noise of a request's (3 of 290 µs of CPU). */
function slotSwitch({slots}: ServerPlan): string[] {
  if (slots === null) return [];
  const file = slots.switchFile.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return [
    `SetEnvIfExpr true ${quote(`${SLOT_VARIABLE}=${slots.groups.blue}`)}`,
    `SetEnvIfExpr ${quote(`-f '${file}'`)} ${quote(`${SLOT_VARIABLE}=${slots.groups.green}`)}`,
  ];
}

/** In place of the daemon process group's settings, where there is none. */
function withoutDaemons({mode, paths, options}: ServerPlan): string[] {
  return [
    `WSGIPythonEggs ${quote(paths.pythonEggs)}`,
    // The debugger reads what is typed.
    ...(mode === 'debug' ? ['WSGIRestrictStdin Off', 'WSGIRestrictStdout Off'] : []),
    ...(mode === 'embedded' && !options.disableReloading ? ['WSGIScriptReloading Off'] : []),
  ];
}

/** mod_wsgi's server-wide settings, and where the application runs. */
export function daemonSection(plan: ServerPlan): string {
  const {options, python, paths, application} = plan;
  // Access scripts run in Apache's own processes too, and import from the same places.
  const outside = plan.mode !== 'daemon' || plan.access.host !== null || plan.access.user !== null;
  return section('Python and the daemon processes', [
    ...(python.home === null ? [] : [`WSGIPythonHome ${quote(python.home)}`]),
    ...(outside && application.pythonPaths.length > 0 ? [`WSGIPythonPath ${quote(application.pythonPaths.join(':'))}`] : []),
    ...options.pythonWarnings.map((spec) => `WSGIPythonWarnings ${quote(spec)}`),
    ...(options.pythonHashSeed === null ? [] : [`WSGIPythonHashSeed ${options.pythonHashSeed}`]),
    ...(options.dontWriteBytecode ? ['WSGIDontWriteBytecode On'] : []),
    ...(options.switchInterval === null ? [] : [`WSGISwitchInterval ${options.switchInterval}`]),
    ...(options.freeThreading ? ['WSGIFreeThreading On'] : []),
    ...(options.verboseDebugging && !atLeast(plan.module.version, '6.0.0') ? ['WSGIVerboseDebugging On'] : []),
    `WSGISocketPrefix ${quote(paths.socketPrefix)}`,
    // Socket names stay the same over a restart, so requests that wait in the backlog are not lost.
    'WSGISocketRotation Off',
    ...(options.orphanInterpreter ? ['WSGIDestroyInterpreter Off'] : []),
    ...(plan.mode === 'daemon' ? daemonGroups(plan) : withoutDaemons(plan)),
    'WSGIPassAuthorization On',
    `WSGIMapHEADToGET ${options.mapHeadToGet}`,
    ...(options.disableReloading ? ['WSGIScriptReloading Off'] : []),
    ...(options.chunkedRequest ? ['WSGIChunkedRequest On'] : []),
    ...(options.enableSendfile ? ['WSGIEnableSendfile On'] : []),
    ...(options.errorOverride ? ['WSGIErrorOverride On'] : []),
    ...options.ignoreActivity.flatMap((url) => [`<Location ${quote(url)}>`, '    WSGIIgnoreActivity On', '</Location>']),
  ]);
}

/** The handler that serves requests, loaded at process start, and our agent beside it. */
export function handlerSection(plan: ServerPlan): string {
  const {paths, slots} = plan;
  // The agent reports to a supervisor; started by apachectl there is none.
  const supervised = (...lines: string[]) => ['<IfDefine WSGIDECK>', ...lines, '</IfDefine>'];
  const load = (script: string) => importPlaces(plan).map((place) => `WSGIImportScript ${quote(script)} ${place}`);
  return section('The application', [
    `WSGIHandlerScript wsgi-handler ${quote(paths.handler)} ${scriptPlace(plan)}`,
    // Beside a group that waits to be told to load, the agent has to be there first.
    ...(slots === null
      ? [...load(paths.handler), ...supervised(...load(paths.agentScript))]
      : [...supervised(...load(paths.slotScript), ...load(paths.agentScript)), ...load(paths.handler)]),
  ]);
}

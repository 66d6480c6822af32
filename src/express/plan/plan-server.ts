import {basename, dirname, join, resolve, sep} from 'node:path';
import type {InstanceInfo} from '../../model/events.ts';
import type {Found} from '../discovery/discover.ts';
import type {Host} from '../host.ts';
import type {StartOptions} from '../parse.ts';
import {atLeast} from '../version.ts';
import {chooseModules} from './apache-modules.ts';
import {debugPlan} from './debug-plan.ts';
import {httpsPlan, originOf} from './https-plan.ts';
import {mpmCapacity} from './mpm-capacity.ts';
import type {ApplicationPlan, PlanPaths, ServerPlan} from './server-plan.ts';
import {servicePlans} from './service-plan.ts';

/**
 * Does Apache itself print its logs (--log-to-terminal): as in the original, only without --log-directory. Under a supervisor they are files, because it
 * reads them; it prints what is in them.
 */
const printsLogs = ({setupOnly, logToTerminal, logDirectory}: StartOptions): boolean => setupOnly && logToTerminal && logDirectory === null;

function planPaths(options: StartOptions, host: Host, hostName: string): PlanPaths {
  const absolute = (path: string) => resolve(host.cwd, path);
  const root =
    options.serverRoot === null ? join(host.tmpdir, `mod_wsgi-${hostName}:${options.port}:${host.uid}`) : absolute(options.serverRoot);
  const inRoot = (name: string) => join(root, name);
  const deck = inRoot('wsgideck');
  const logDirectory = options.logDirectory === null ? root : absolute(options.logDirectory);
  const log = (name: string, stream: string) => (printsLogs(options) ? stream : join(logDirectory, name));
  return {
    root,
    conf: inRoot('httpd.conf'),
    apachectl: inRoot('apachectl'),
    handler: inRoot('handler.wsgi'),
    envvars: options.envvarsScript === null ? inRoot('envvars') : absolute(options.envvarsScript),
    rewrite: options.rewriteRules === null ? inRoot('rewrite.conf') : absolute(options.rewriteRules),
    documentRoot: options.documentRoot === null ? inRoot('htdocs') : absolute(options.documentRoot),
    pythonEggs: options.pythonEggs === null ? inRoot('python-eggs') : absolute(options.pythonEggs),
    logDirectory,
    errorLog: log(options.errorLogName, '/dev/stderr'),
    accessLog: options.accessLog ? log(options.accessLogName, '/dev/stdout') : null,
    startupLog: options.startupLog ? log(options.startupLogName, '/dev/stderr') : null,
    pidFile: options.pidFile === null ? inRoot('httpd.pid') : absolute(options.pidFile),
    socketPrefix: join(options.socketPrefix === null ? root : absolute(options.socketPrefix), 'wsgi'),
    deck,
    controlSocket: join(deck, 'control.sock'),
    agentSocket: join(deck, 'agent.sock'),
    timesSocket: join(deck, 'times.sock'),
    agentScript: join(deck, 'agent.py'),
    handlerScript: join(deck, 'handler.py'),
    slotScript: join(deck, 'slot.py'),
    pages: join(deck, 'pages'),
    livePage: join(deck, 'pages/live.txt'),
    tools: join(deck, 'wsgideck_tools'),
    run: join(deck, 'run'),
    deckAccessLog: join(deck, 'access.log'),
    lock: join(deck, 'lock'),
    guardStatus: join(deck, 'guard.status'),
    output: join(deck, 'output'),
    serviceRunner: join(deck, 'service.py'),
    serviceList: join(deck, 'services.json'),
    telemetryScript: join(deck, 'telemetry-service.py'),
  };
}

function planApplication(options: StartOptions, host: Host): ApplicationPlan {
  const type = options.applicationType as ApplicationPlan['type'];
  const entry = options.entry ?? '';
  return {
    type,
    entry: type === 'static' ? '' : type !== 'module' && entry !== '' ? resolve(host.cwd, entry) : entry,
    callable: options.callableObject,
    mountPoint: options.mountPoint.replace(/\/+$/, '') || '/',
    workingDirectory: resolve(host.cwd, options.workingDirectory ?? '.'),
    pythonPaths: options.pythonPaths.map((path) => resolve(host.cwd, path)),
  };
}

const contains = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** Folder whose files are the application's own. A command given in `/`, in the home directory or beside the script's tree does not make those the project. */
function projectRoot(application: ApplicationPlan, options: StartOptions, host: Host): string {
  const working = application.workingDirectory;
  if (application.type === 'module' || application.type === 'static' || options.workingDirectory !== null) return working;
  const folder = dirname(application.entry);
  const tooWide = [sep, host.env.HOME, host.tmpdir].includes(working);
  return contains(working, folder) && !tooWide ? working : folder;
}

function instanceName(application: ApplicationPlan, hostName: string, port: number): string {
  const isFile = application.type === 'script' || application.type === 'paste';
  const folder = isFile ? basename(dirname(application.entry)) : application.entry.split('.')[0];
  return folder || `${hostName}:${port}`;
}

/** Decides everything. Pure: what it knows of the machine comes in through `found` and `host`. */
export function planServer(options: StartOptions, found: Found, host: Host): ServerPlan {
  const hostName = options.host ?? 'localhost';
  const absolute = (path: string | null) => (path === null ? null : resolve(host.cwd, path));
  const paths = planPaths(options, host, hostName);
  const application = planApplication(options, host);
  const modules = chooseModules(options, found.httpd);
  const processGroup = options.processGroup ?? `${hostName}:${options.port}`;
  const applicationGroup = options.applicationGroup || '%{GLOBAL}';
  const project = projectRoot(application, options, host);
  const urlHost = options.serverName ?? hostName;
  const shown = urlHost.includes(':') ? `[${urlHost}]` : urlHost;
  const https = httpsPlan(options, host);
  const mounted = application.mountPoint === '/' ? '/' : `${application.mountPoint}/`;
  const urls = {
    http: `http://${shown}:${options.port}${mounted}`,
    https: https && originOf('https', shown, https.port) + mounted,
  };
  const debug = debugPlan(options, host, paths.root);
  const mode = debug ? 'debug' : options.embeddedMode ? 'embedded' : 'daemon';
  const capacity = mpmCapacity(options);
  const workers = {
    daemon: {processes: options.processes ?? 1, threads: options.threads},
    embedded: {processes: 0, threads: modules.mpm === 'prefork' ? 1 : capacity.threaded.threadsPerChild},
    debug: {processes: 1, threads: 1},
  }[mode];
  const anyAddress = hostName === 'localhost' || hostName === '0.0.0.0' || hostName === '::';
  const reloadOnChanges = options.reloadOnChanges && !options.disableReloading && mode !== 'debug';
  const reloadStrategy = (options.reloadStrategy ?? (reloadOnChanges ? 'swap' : 'restart')) as ServerPlan['reloadStrategy'];
  const slots = slotPlan(options, reloadStrategy, mode, processGroup, paths);
  // In a pair of slots a changed script is loaded beside the old one, not in its place.
  const scriptReloading = !options.disableReloading && mode === 'daemon' && slots === null;

  const info: Omit<InstanceInfo, 'supervisorPid'> = {
    name: instanceName(application, hostName, options.port),
    url: (options.httpsOnly ? urls.https : null) ?? urls.http,
    serverRoot: paths.root,
    script: application.type === 'script' ? application.entry : null,
    workingDirectory: application.workingDirectory,
    processGroup,
    applicationGroup,
    modWsgi: found.module.version,
    python: found.python.version,
    apache: found.httpd.version,
    mpm: modules.mpm,
    ...workers,
    requestTimeout: mode === 'daemon' ? options.requestTimeout : 0,
    shutdownTimeout: options.shutdownTimeout,
    gracefulTimeout: options.gracefulTimeout,
    queueTimeout: options.queueTimeout,
    reloadOnChanges,
    errorLog: paths.errorLog,
    accessLog: paths.accessLog,
    projectRoot: project,
    ...(slots === null ? {} : {groups: Object.values(slots.groups).map((name) => ({name, ...workers}))}),
    ...(options.readOnly && {readOnly: true}),
  };

  return {
    options,
    paths,
    httpd: found.httpd,
    module: found.module,
    modules,
    python: found.python,
    runUser: found.runUser,
    runNames: runNames(found, host),
    asRoot: host.uid === 0,
    owner: {uid: host.uid, gid: host.gid},
    locale: found.locale,
    mimeTypes: found.mimeTypes,
    application,
    mode,
    debug,
    https,
    urls,
    rotation: options.rotateLogs && !printsLogs(options) ? {program: found.rotatelogs ?? '', megabytes: options.maxLogSize} : null,
    services: servicePlans(options, host, paths, found.serviceUsers),
    access: {host: absolute(options.hostAccessScript), user: absolute(options.authUserScript), group: absolute(options.authGroupScript)},
    telemetry: options.enableTelemetry ? `unix:${join(paths.run, 'telemetry.sock')}` : options.telemetryService,
    phases: phasesOf(options, found.module.version),
    resources: options.addHandlers.map(([extension, script], index) => ({
      extension: extension.startsWith('.') ? extension : `.${extension}`,
      script: resolve(host.cwd, script),
      file: join(paths.deck, `resource-${index}.wsgi`),
    })),
    docs: found.docs,
    processGroup,
    applicationGroup,
    capacity,
    hostName,
    probe: {
      host: anyAddress ? (hostName === '::' ? '::1' : '127.0.0.1') : hostName,
      port: options.port,
      path: options.probePath ?? application.mountPoint,
      hostHeader: `${shown}:${options.port}`,
    },
    shell: found.shell,
    slots,
    browserReload: options.browserReload && mode !== 'debug' && !options.setupOnly,
    reloadStrategy,
    sourceEnvvars: found.hasContent(paths.envvars),
    includeFiles: options.includeFiles.map((file) => resolve(host.cwd, file)),
    aliases: options.urlAliases.map(([aliasUrl, target]) => {
      const path = resolve(host.cwd, target);
      // Apache puts the rest of the URL right behind the target, so both end in a slash or neither does.
      return {url: aliasUrl.replace(/(?!^)\/+$/, ''), target: path, isFile: found.fileTargets.has(path)};
    }),
    watch: {
      onChanges: info.reloadOnChanges,
      scriptReloading,
      include: options.reloadInclude,
      exclude: options.reloadExclude,
      roots: [...new Set([project, ...(application.type === 'script' ? [dirname(application.entry)] : []), ...application.pythonPaths])],
    },
    graceSeconds: options.gracefulTimeout + options.shutdownTimeout + 2,
    output: options.json ? 'json' : options.plain ? 'plain' : 'dashboard',
    view: found.viewGid === undefined ? null : {path: join(paths.deck, 'view.sock'), gid: found.viewGid},
    info,
  };
}

/** Without root nothing can be done about them, so whatever the caller's environment says is passed on, as the original does. */
function runNames({runUser}: Found, host: Host): ServerPlan['runNames'] {
  const name = (what: 'USER' | 'GROUP', own: string) =>
    host.uid === 0 ? own : host.env[`MOD_WSGI_${what}`] || host.env[`WSGI_RUN_${what}`] || own;
  return {user: name('USER', runUser.name), group: name('GROUP', runUser.group)};
}

/** mod_wsgi reports to one receiver only: somebody else's goes first. */
function phasesOf(options: StartOptions, version: string): ServerPlan['phases'] {
  if (options.disablePhaseTimes) return null;
  if (!atLeast(version, '6.0.0')) return 'agent';
  return options.enableTelemetry || options.telemetryService !== null ? null : 'datagrams';
}

/**
 * The two process groups of a reload by swap. The first keeps the name that there would be without: included files may refer to it. Only a
 * supervisor tells the idle one to load, so a server that is only set up has none.
 */
function slotPlan(
  options: StartOptions,
  strategy: ServerPlan['reloadStrategy'],
  mode: ServerPlan['mode'],
  processGroup: string,
  paths: PlanPaths,
): ServerPlan['slots'] {
  if (strategy !== 'swap' || mode !== 'daemon' || options.setupOnly || options.disableReloading) return null;
  return {groups: {blue: processGroup, green: `${processGroup}:green`}, switchFile: join(paths.deck, 'slot.green')};
}

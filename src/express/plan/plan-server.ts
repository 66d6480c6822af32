import {basename, dirname, join, resolve, sep} from 'node:path';
import type {InstanceInfo} from '../../model/events.ts';
import type {Found} from '../discovery/discover.ts';
import type {Host} from '../host.ts';
import type {StartOptions} from '../parse.ts';
import {chooseModules} from './apache-modules.ts';
import {mpmCapacity} from './mpm-capacity.ts';
import type {ApplicationPlan, PlanPaths, ServerPlan} from './server-plan.ts';

function planPaths(options: StartOptions, host: Host, hostName: string): PlanPaths {
  const absolute = (path: string) => resolve(host.cwd, path);
  const root =
    options.serverRoot === null ? join(host.tmpdir, `mod_wsgi-${hostName}:${options.port}:${host.uid}`) : absolute(options.serverRoot);
  const inRoot = (name: string) => join(root, name);
  const deck = inRoot('wsgideck');
  const logDirectory = options.logDirectory === null ? root : absolute(options.logDirectory);
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
    errorLog: join(logDirectory, options.errorLogName),
    accessLog: options.accessLog ? join(logDirectory, options.accessLogName) : null,
    startupLog: options.startupLog ? join(logDirectory, options.startupLogName) : null,
    pidFile: options.pidFile === null ? inRoot('httpd.pid') : absolute(options.pidFile),
    socketPrefix: join(options.socketPrefix === null ? root : absolute(options.socketPrefix), 'wsgi'),
    deck,
    controlSocket: join(deck, 'control.sock'),
    agentSocket: join(deck, 'agent.sock'),
    agentScript: join(deck, 'agent.py'),
    handlerScript: join(deck, 'handler.py'),
    run: join(deck, 'run'),
    deckAccessLog: join(deck, 'access.log'),
    lock: join(deck, 'lock'),
    guardStatus: join(deck, 'guard.status'),
  };
}

function planApplication(options: StartOptions, host: Host): ApplicationPlan {
  const type = options.applicationType === 'module' ? 'module' : 'script';
  const entry = options.entry ?? '';
  return {
    type,
    entry: type === 'script' && entry !== '' ? resolve(host.cwd, entry) : entry,
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
  if (application.type === 'module' || options.workingDirectory !== null) return working;
  const folder = dirname(application.entry);
  const tooWide = [sep, host.env.HOME, host.tmpdir].includes(working);
  return contains(working, folder) && !tooWide ? working : folder;
}

function instanceName(application: ApplicationPlan, hostName: string, port: number): string {
  const folder = application.type === 'script' ? basename(dirname(application.entry)) : application.entry.split('.')[0];
  return folder || `${hostName}:${port}`;
}

/** Decides everything. Pure: what it knows of the machine comes in through `found` and `host`. */
export function planServer(options: StartOptions, found: Found, host: Host): ServerPlan {
  const hostName = options.host ?? 'localhost';
  const paths = planPaths(options, host, hostName);
  const application = planApplication(options, host);
  const modules = chooseModules(options, found.httpd);
  const processGroup = options.processGroup ?? `${hostName}:${options.port}`;
  const applicationGroup = options.applicationGroup || '%{GLOBAL}';
  const project = projectRoot(application, options, host);
  const urlHost = options.serverName ?? hostName;
  const shown = urlHost.includes(':') ? `[${urlHost}]` : urlHost;
  const url = `http://${shown}:${options.port}${application.mountPoint === '/' ? '/' : `${application.mountPoint}/`}`;
  const anyAddress = hostName === 'localhost' || hostName === '0.0.0.0' || hostName === '::';
  const scriptReloading = !options.disableReloading;

  const info: Omit<InstanceInfo, 'supervisorPid'> = {
    name: instanceName(application, hostName, options.port),
    url,
    serverRoot: paths.root,
    script: application.type === 'script' ? application.entry : null,
    workingDirectory: application.workingDirectory,
    processGroup,
    applicationGroup,
    modWsgi: found.module.version,
    python: found.python.version,
    apache: found.httpd.version,
    mpm: modules.mpm,
    processes: options.processes ?? 1,
    threads: options.threads,
    requestTimeout: options.requestTimeout,
    shutdownTimeout: options.shutdownTimeout,
    gracefulTimeout: options.gracefulTimeout,
    queueTimeout: options.queueTimeout,
    reloadOnChanges: options.reloadOnChanges && scriptReloading,
    errorLog: paths.errorLog,
    accessLog: paths.accessLog,
    projectRoot: project,
  };

  return {
    options,
    paths,
    httpd: found.httpd,
    module: found.module,
    modules,
    python: found.python,
    runUser: found.runUser,
    asRoot: host.uid === 0,
    owner: {uid: host.uid, gid: host.gid},
    locale: found.locale,
    mimeTypes: found.mimeTypes,
    application,
    processGroup,
    applicationGroup,
    capacity: mpmCapacity(options),
    hostName,
    probe: {
      host: anyAddress ? (hostName === '::' ? '::1' : '127.0.0.1') : hostName,
      port: options.port,
      path: options.probePath ?? application.mountPoint,
      hostHeader: `${shown}:${options.port}`,
    },
    shell: found.shell,
    sourceEnvvars: found.hasContent(paths.envvars),
    includeFiles: options.includeFiles.map((file) => resolve(host.cwd, file)),
    aliases: options.urlAliases.map(([aliasUrl, target]) => {
      const path = resolve(host.cwd, target);
      return {url: aliasUrl, target: path, isFile: found.fileTargets.has(path)};
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
    info,
  };
}

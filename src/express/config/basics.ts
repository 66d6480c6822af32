import type {Mpm} from '../plan/apache-modules.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {quote, section} from './quote.ts';

/** Note at the top: who wrote the file, and with which command. */
export function header(plan: ServerPlan): string {
  const command = [
    'wsgideck',
    plan.options.command ?? (plan.options.setupOnly ? 'setup-server' : 'start-server'),
    ...plan.options.argv.map((word) => JSON.stringify(word)),
  ];
  return [
    '# Written by wsgideck; each start writes it anew. To add to it, use --include-file.',
    `# ${command.join(' ')}`,
    `# Apache ${plan.httpd.version || '2.4'}, mod_wsgi ${plan.module.version}, Python ${plan.python.version}`,
    '',
    'Define WSGIDECK_DOLLAR $',
    '',
  ].join('\n');
}

/** Places and identity of the server as a whole. */
export function serverSection(plan: ServerPlan): string {
  const {paths, runUser, options} = plan;
  return section('Server', [
    `ServerRoot ${quote(paths.root)}`,
    `DefaultRuntimeDir ${quote(paths.root)}`,
    `PidFile ${quote(paths.pidFile)}`,
    // With the port, which is SERVER_PORT wherever a client names none; Apache takes no IPv6 address here.
    `ServerName ${quote(`${plan.hostName.includes(':') ? 'localhost' : plan.hostName}:${options.port}`)}`,
    'ServerTokens ProductOnly',
    'ServerSignature Off',
    'HostnameLookups Off',
    'MaxMemFree 64',
    ...(options.enableSendfile ? ['EnableSendfile On'] : []),
    ...(plan.modules.missing.includes('unixd') ? [] : [`User ${quote(runUser.name)}`, `Group ${quote(runUser.group)}`]),
  ]);
}

/** Listening sockets and the limits on what clients may do. */
export function networkSection(plan: ServerPlan): string {
  const {options} = plan;
  const host = options.host === null ? '' : options.host.includes(':') ? `[${options.host}]:` : `${options.host}:`;
  // Apache takes an upper bound only together with a rate.
  const limit = (least: number, most: number, rate: number) =>
    least === 0 || rate === 0 ? `${least}` : `${most > least ? `${least}-${most}` : least},MinRate=${rate}`;
  const headers = limit(options.headerTimeout, options.headerMaxTimeout, options.headerMinRate);
  const body = limit(options.bodyTimeout, options.bodyMaxTimeout, options.bodyMinRate);
  return section('Network', [
    `Listen ${host}${options.port}`,
    `ListenBacklog ${options.serverBacklog}`,
    ...(options.http2 ? ['Protocols h2 h2c http/1.1'] : []),
    `Timeout ${options.socketTimeout}`,
    ...(options.keepAliveTimeout > 0 ? ['KeepAlive On', `KeepAliveTimeout ${options.keepAliveTimeout}`] : ['KeepAlive Off']),
    `RequestReadTimeout header=${headers} body=${body}`,
    `LimitRequestBody ${options.limitRequestBody}`,
  ]);
}

/** Modules to load, and mod_wsgi itself. */
export function modulesSection(plan: ServerPlan): string {
  const {httpd, modules, module, options} = plan;
  return section('Modules', [
    ...modules.load.map((name) => `LoadModule ${name}_module ${quote(`${httpd.modulesDirectory}/mod_${name}.so`)}`),
    ...(options.withPhp5 ? [`LoadModule php5_module ${quote(`${httpd.modulesDirectory}/libphp5.so`)}`] : []),
    `LoadModule wsgi_module ${quote(module.path)}`,
  ]);
}

/** Apache's own processes and threads. */
export function capacitySection(plan: ServerPlan): string {
  const {prefork, threaded} = plan.capacity;
  // Requests after which a process is replaced: in embedded mode Apache's processes are the ones that run the application.
  const perChild = `MaxConnectionsPerChild ${plan.mode === 'embedded' ? plan.options.maximumRequests : 0}`;
  // There, a client that keeps its connection keeps others from the process that runs the application: Apache's own default.
  const keepAlive = `MaxKeepAliveRequests ${plan.mode === 'embedded' ? 100 : 500}`;
  if (plan.mode === 'debug') return section('Capacity', oneProcess(plan.modules.mpm));
  if (plan.modules.mpm === 'prefork') {
    return section('Capacity', [
      `ServerLimit ${prefork.maxClients}`,
      `MaxRequestWorkers ${prefork.maxClients}`,
      `StartServers ${prefork.start}`,
      `MinSpareServers ${prefork.minSpare}`,
      `MaxSpareServers ${prefork.maxSpare}`,
      perChild,
      keepAlive,
    ]);
  }
  return section('Capacity', [
    `ServerLimit ${threaded.servers}`,
    `ThreadLimit ${threaded.threadsPerChild}`,
    `ThreadsPerChild ${threaded.threadsPerChild}`,
    `MaxRequestWorkers ${threaded.maxClients}`,
    `StartServers ${threaded.start}`,
    `MinSpareThreads ${threaded.minSpare}`,
    `MaxSpareThreads ${threaded.maxSpare}`,
    perChild,
    // The event MPM parks idle connections without a thread, so there a limit would only cost reconnects.
    plan.modules.mpm === 'event' ? 'MaxKeepAliveRequests 0' : keepAlive,
    'ThreadStackSize 262144',
  ]);
}

/** Debug mode: one process with one thread, whatever else was asked for. */
function oneProcess(mpm: Mpm): string[] {
  const common = ['ServerLimit 1', 'StartServers 1', 'MaxRequestWorkers 1', 'MaxConnectionsPerChild 0'];
  if (mpm === 'prefork') return [...common, 'MinSpareServers 1', 'MaxSpareServers 1'];
  return [...common, 'ThreadLimit 1', 'ThreadsPerChild 1', 'MinSpareThreads 1', 'MaxSpareThreads 1'];
}

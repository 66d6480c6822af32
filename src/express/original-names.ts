import type {Httpd} from './discovery/httpd.ts';
import {mpmsToChooseFrom} from './plan/apache-modules.ts';
import type {ServerPlan} from './plan/server-plan.ts';

/**
 * Environment variables that mod_wsgi-express gives to Apache, and with it to the application: include files, `--envvars-script` and applications use them.
 * The values are the original's, `None` for an absent HTTPS port included (read off the apachectl that 6.1.1 writes). User and group are not in it: see
 * `runNames` in the plan.
 */
export function originalVariables({httpd, paths, hostName, options, https, application}: ServerPlan): Record<string, string> {
  return {
    MOD_WSGI_MODULES_DIRECTORY: httpd.modulesDirectory,
    MOD_WSGI_SERVER_ROOT: paths.root,
    MOD_WSGI_LISTENER_HOST: hostName,
    MOD_WSGI_HTTP_PORT: String(options.port),
    MOD_WSGI_HTTPS_PORT: https === null ? 'None' : String(https.port),
    MOD_WSGI_WORKING_DIRECTORY: application.workingDirectory,
  };
}

/** All of them, as a supervised Apache gets them. */
export function originalEnvironment(plan: ServerPlan, env: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...originalVariables(plan),
    MOD_WSGI_USER: plan.runNames.user,
    MOD_WSGI_GROUP: plan.runNames.group,
    ...libraryPath(plan.httpd, env),
  };
}

/** For an Apache that brings its libraries along. */
export function libraryPath({libraries}: Pick<Httpd, 'libraries'>, env: NodeJS.ProcessEnv): Record<string, string> {
  if (libraries === undefined) return {};
  const name = LIBRARY_VARIABLE;
  return {[name]: env[name] ? `${libraries}:${env[name]}` : libraries};
}

export const LIBRARY_VARIABLE = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';

/**
 * Names that the original's configuration asks for with `<IfDefine>`. Each is set for the same options as in 6.1.1; test/integration/include-names.test.ts
 * compares. What asks for Windows or macOS there (MPM_ENABLE_WINNT_MODULE, LOAD_PYTHON_DYLIB) is never set, ONE_PROCESS is on Apache's command line.
 */
export function originalDefines(plan: ServerPlan): string[] {
  const {options, httpd, mode, https, modules} = plan;
  const proxied = options.proxyMountPoints.length + options.proxyVirtualHosts.length > 0;
  const cgid = httpd.files.has('mod_cgid.so');
  const files = (['event', 'worker', 'prefork'] as const).filter((name) => httpd.files.has(`mod_mpm_${name}.so`));
  const mpms = files.filter((name) => mpmsToChooseFrom(options).includes(name));
  const names: [boolean, string][] = [
    [options.orphanInterpreter, 'ORPHAN_INTERPRETER'],
    [mode === 'embedded', 'EMBEDDED_MODE'],
    [plan.applicationGroup === '%{GLOBAL}' || !plan.applicationGroup.includes('%{'), 'MOD_WSGI_IMPORT_HANDLER_SCRIPT'],
    [options.serverName !== null, 'MOD_WSGI_VIRTUAL_HOST'],
    [options.serverName?.toLowerCase().startsWith('www.') ?? false, 'MOD_WSGI_REDIRECT_WWW'],
    [options.http2, 'MOD_WSGI_WITH_HTTP2'],
    [https !== null && https.certificate !== '' && https.key !== '', 'MOD_WSGI_WITH_HTTPS'],
    [options.sslCaCertificateFile !== null, 'MOD_WSGI_VERIFY_CLIENT'],
    [options.sslCertificateChainFile !== null, 'MOD_WSGI_CERTIFICATE_CHAIN'],
    [options.sslEnvironment, 'MOD_WSGI_SSL_ENVIRONMENT'],
    [options.httpsOnly, 'MOD_WSGI_HTTPS_ONLY'],
    [Boolean(options.hstsPolicy), 'MOD_WSGI_HSTS_POLICY'],
    [options.serverAliases.length > 0, 'MOD_WSGI_SERVER_ALIAS'],
    [options.allowLocalhost, 'MOD_WSGI_ALLOW_LOCALHOST'],
    [options.applicationType === 'static', 'MOD_WSGI_STATIC_ONLY'],
    [options.enableSendfile, 'MOD_WSGI_ENABLE_SENDFILE'],
    [options.serverMetrics || options.serverStatus, 'MOD_WSGI_SERVER_METRICS'],
    [options.serverStatus, 'MOD_WSGI_SERVER_STATUS'],
    [plan.telemetry !== null, 'MOD_WSGI_TELEMETRY_SERVICE'],
    [options.slowRequests !== null, 'MOD_WSGI_SLOW_REQUESTS'],
    [options.switchInterval !== null, 'MOD_WSGI_SWITCH_INTERVAL'],
    [options.freeThreading, 'MOD_WSGI_FREE_THREADING'],
    [options.telemetryOptions.length > 0, 'MOD_WSGI_TELEMETRY_OPTIONS'],
    [Boolean(options.directoryIndex), 'MOD_WSGI_DIRECTORY_INDEX'],
    [options.directoryListing, 'MOD_WSGI_DIRECTORY_LISTING'],
    [Boolean(options.errorLogFormat), 'MOD_WSGI_ERROR_LOG_FORMAT'],
    [options.accessLog, 'MOD_WSGI_ACCESS_LOG'],
    // There, logs that are printed are not rotated.
    [options.rotateLogs && (!options.logToTerminal || options.logDirectory !== null), 'MOD_WSGI_ROTATE_LOGS'],
    [options.keepAliveTimeout !== 0, 'MOD_WSGI_KEEP_ALIVE'],
    [options.compressResponses, 'MOD_WSGI_COMPRESS_RESPONSES'],
    [options.processes !== null, 'MOD_WSGI_MULTIPROCESS'],
    [options.host !== null, 'MOD_WSGI_WITH_LISTENER_HOST'],
    [options.errorOverride, 'MOD_WSGI_ERROR_OVERRIDE'],
    [options.hostAccessScript !== null, 'MOD_WSGI_HOST_ACCESS'],
    [options.authUserScript !== null, 'MOD_WSGI_AUTH_USER'],
    [options.authGroupScript !== null, 'MOD_WSGI_AUTH_GROUP'],
    [options.chunkedRequest, 'MOD_WSGI_CHUNKED_REQUEST'],
    [options.withPhp5, 'MOD_WSGI_WITH_PHP5'],
    [proxied, 'MOD_WSGI_WITH_PROXY'],
    [options.trustProxyHeaders.length > 0, 'MOD_WSGI_WITH_PROXY_HEADERS'],
    [options.trustProxies.length > 0, 'MOD_WSGI_WITH_TRUSTED_PROXIES'],
    [options.pythonPaths.length > 0 || mode === 'embedded' || options.debugMode, 'MOD_WSGI_WITH_PYTHON_PATH'],
    [options.socketPrefix !== null, 'MOD_WSGI_WITH_SOCKET_PREFIX'],
    [options.disableReloading || mode === 'embedded', 'MOD_WSGI_DISABLE_RELOADING'],
    [options.withCgi && cgid, 'MOD_WSGI_CGID_SCRIPT'],
    [options.withCgi && !cgid, 'MOD_WSGI_CGI_SCRIPT'],
    // The one that is loaded; the original's first choice is the same wherever it has one.
    [files.includes(modules.mpm), `MOD_WSGI_MPM_ENABLE_${modules.mpm.toUpperCase()}_MODULE`],
    ...mpms.map((name) => [true, `MOD_WSGI_MPM_EXISTS_${name.toUpperCase()}_MODULE`] satisfies [boolean, string]),
  ];
  return names.filter(([set]) => set).map(([, name]) => name);
}

import type {ServerPlan} from '../plan/server-plan.ts';

/** A value as Python source. JSON's strings and numbers are valid Python as they are. */
function python(value: unknown): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null) return 'None';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${python(one)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** Variables that applications written for mod_wsgi-express look for; the values are the original's. */
function environment(plan: ServerPlan): Record<string, string> {
  const {options} = plan;
  return {
    MOD_WSGI_EXPRESS: 'true',
    MOD_WSGI_SERVER_NAME: options.serverName ?? plan.hostName,
    MOD_WSGI_SERVER_ALIASES: options.serverAliases.join(' '),
    ...(plan.watch.onChanges ? {MOD_WSGI_RELOADER_ENABLED: 'true'} : {}),
    ...debugEnvironment(plan.debug),
  };
}

/** Coverage, profiler and recorder set theirs themselves, once they run. */
function debugEnvironment(debug: ServerPlan['debug']): Record<string, string> {
  if (debug === null) return {};
  return {
    MOD_WSGI_DEBUG_MODE: 'true',
    ...(debug.debugger ? {MOD_WSGI_DEBUGGER_ENABLED: 'true'} : {}),
    ...(debug.gdb === null ? {} : {MOD_WSGI_GDB_ENABLED: 'true'}),
  };
}

/** The tools of debug mode; null or False switches one off. */
function debugSettings({debug}: ServerPlan): Record<string, unknown> {
  if (debug === null) return {};
  return {
    debugger: debug.debugger,
    debugger_startup: debug.debuggerStartup,
    profiler_directory: debug.profilerDirectory,
    coverage_directory: debug.coverageDirectory,
    recorder_directory: debug.recorderDirectory,
  };
}

/** The generated handler.wsgi: settings, then our handler, as native-shim/python/handler.py asks for. */
export function handlerScript(plan: ServerPlan): string {
  const {application, paths} = plan;
  const settings = {
    application_type: application.type,
    script: application.entry,
    callable_object: application.callable,
    python: plan.python.executable,
    mount_point: application.mountPoint,
    working_directory: application.workingDirectory,
    reload_scripts: plan.watch.scriptReloading,
    run_directory: paths.run,
    threads: plan.info.threads,
    environment: environment(plan),
    ...(plan.browserReload ? {browser_reload: paths.livePage} : {}),
    ...debugSettings(plan),
  };
  // Apache's own processes are in /; only daemon processes are told where to be.
  const place = plan.mode === 'embedded' ? ['import os', '', `os.chdir(${python(application.workingDirectory)})`, ''] : [];
  const lines = Object.entries(settings).map(([key, value]) => `    ${JSON.stringify(key)}: ${python(value)},`);
  return [
    '# Written by wsgideck; each start writes it anew.',
    'from _frozen_importlib_external import SourceFileLoader',
    '',
    ...place,
    'SETTINGS = {',
    ...lines,
    '}',
    `PATH = ${python(paths.handlerScript)}`,
    "LOADER = SourceFileLoader('handler', PATH)",
    'LOADER.set_data = lambda *_, **__: None  # nothing is written beside the source',
    'try:',
    "    CODE = LOADER.get_code('handler')",
    'except Exception:  # a damaged file in __pycache__',
    '    CODE = LOADER.source_to_code(LOADER.get_data(PATH), PATH)',
    'exec(CODE)',
    '',
  ].join('\n');
}

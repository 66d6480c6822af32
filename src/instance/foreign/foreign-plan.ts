import {basename, dirname, join, resolve, sep} from 'node:path';
import {effectiveOptions} from '../../express/effective.ts';
import type {Host} from '../../express/host.ts';
import {readRegularOrThrow} from '../../express/regular-file.ts';
import {renewLock} from '../../express/server-root/lock.ts';
import type {StartOptions} from '../../express/parse.ts';
import type {ConfigView} from '../../model/commands.ts';
import type {InstanceInfo} from '../../model/events.ts';
import {LOG_LEVELS, type LogLevel} from '../../model/log.ts';
import type {InstancePlan} from '../instance-plan.ts';
import {recordingFolder} from '../recorder/segment-files.ts';
import {serverRootOf, type Prepared} from './prepare.ts';
import {rotatedPrefix} from './rotated-log.ts';
import {CONF_LIMIT, type Truth} from './truth.ts';

/** What its recording may take on the disk: as much as start-server's unless told. */
const RECORDING_BYTES = 64 * 1024 * 1024;

/**
 * What the rest of the program needs to know of a server that the original has set up. What the original has really written (`truth`) counts;
 * its arguments fill in what that does not tell. Null as truth: Apache is gone already.
 */
export function foreignPlan(
  prepared: Prepared,
  truth: Truth | null,
  banner: readonly string[],
  probePath: string | null,
  host: Host,
): InstancePlan {
  const {folder, runUser, options} = prepared;
  const text = (dest: string) => (options.values[dest] as string | null) ?? null;
  const info = describe(prepared, truth, banner, host);
  const {listenHost, port} = where(prepared, truth);
  const logLevel = text('logLevel') ?? 'warn';
  return {
    info,
    launch: prepared.launch,
    target: {
      host: listenHost === null || listenHost === '0.0.0.0' ? '127.0.0.1' : listenHost === '::' ? '::1' : listenHost,
      port,
      path: probePath ?? text('mountPoint') ?? '/',
      hostHeader: `${text('serverName') ?? listenHost ?? 'localhost'}:${port}`,
    },
    controlSocket: folder.controlSocket,
    agentSocket: folder.agentSocket,
    renewLock: () => renewLock(join(folder.path, 'lock')),
    runDirectory: folder.run,
    errorLog: info.errorLog.endsWith('.*') ? folder.rotatedLog : info.errorLog,
    accessLog: folder.accessLog,
    errorLogFrom: info.errorLog === prepared.errorLog.path ? prepared.errorLog.size : 0,
    accessLogFrom: 0,
    runUser: runUser && {uid: runUser.uid, gid: runUser.gid},
    // Watching for changes is the original's own business here.
    watch: null,
    logLevel: generalLevel(logLevel),
    config: () => configView(prepared, truth),
    recording: {folder: recordingFolder(info.serverRoot), maxBytes: RECORDING_BYTES},
    banner,
    warnings: warnings(prepared, truth),
  };
}

function where({options}: Prepared, truth: Truth | null): {listenHost: string | null; port: number} {
  const given = {listenHost: options.values['host'] as string | null, port: Number(options.values['port'])};
  return truth?.port ? {listenHost: truth.listenHost, port: truth.port} : given;
}

function describe(prepared: Prepared, truth: Truth | null, banner: readonly string[], host: Host): InstanceInfo {
  const {options, command} = prepared;
  const {values} = options;
  const text = (dest: string) => (values[dest] as string | null) ?? null;
  const {listenHost, port} = where(prepared, truth);
  const name = listenHost ?? 'localhost';
  const workingDirectory = truth?.daemon.get('home') ?? resolve(host.cwd, text('workingDirectory') ?? '.');
  const entry = command.kind === 'runmodwsgi' ? null : (text('entryPoint') ?? options.positional[0] ?? null);
  const script = entry !== null && text('applicationType') === 'script' ? resolve(host.cwd, entry) : null;
  const number = (key: string, dest: string) => Number(truth?.daemon.get(key) ?? values[dest]) || 0;
  const mount = (text('mountPoint') ?? '/').replace(/^\/+|\/+$/g, '');
  const url = banner.find((line) => line.startsWith('Server URL  '))?.slice(21) ?? `http://${text('serverName') ?? name}:${port}/`;
  return {
    name: (script ? basename(dirname(script)) : basename(workingDirectory)) || `${name}:${port}`,
    url: mount === '' ? url : `${url}${mount}/`,
    serverRoot: truth?.serverRoot ?? serverRootOf(values, host),
    script,
    workingDirectory,
    processGroup: truth?.processGroup ?? text('processGroup') ?? `${name}:${port}`,
    applicationGroup: text('applicationGroup') ?? '%{GLOBAL}',
    modWsgi: truth?.modWsgi ?? '',
    python: truth?.python ?? '',
    apache: truth?.apache ?? '',
    mpm: truth?.mpm ?? '',
    processes: truth !== null && truth.mode !== 'daemon' ? 0 : number('processes', 'processes') || 1,
    threads: number('threads', 'threads'),
    requestTimeout: number('request-timeout', 'requestTimeout'),
    shutdownTimeout: number('shutdown-timeout', 'shutdownTimeout'),
    gracefulTimeout: number('graceful-timeout', 'gracefulTimeout'),
    queueTimeout: number('queue-timeout', 'queueTimeout'),
    reloadOnChanges: values['reloadOnChanges'] === true && values['disableReloading'] !== true,
    errorLog: errorLog(prepared, truth),
    accessLog: null,
    projectRoot: projectRoot(script, workingDirectory, host),
    supervisorPid: process.pid,
  };
}

/** The error log's path; of rotated ones what their names have in common. */
function errorLog(prepared: Prepared, truth: Truth | null): string {
  const path = truth?.errorLog ?? prepared.errorLog.path;
  const prefix = rotatedPrefix(path);
  return prefix === null ? path : `${prefix}*`;
}

/** Folder whose files are the application's own: the working directory if the script is below it and it is not everything. */
function projectRoot(script: string | null, workingDirectory: string, host: Host): string {
  if (script === null) return workingDirectory;
  const folder = dirname(script);
  const tooWide = [sep, host.env.HOME, host.tmpdir].includes(workingDirectory);
  return !tooWide && `${folder}/`.startsWith(`${workingDirectory}/`) ? workingDirectory : folder;
}

function warnings({options}: Prepared, truth: Truth | null): string[] {
  const found: string[] = [];
  if (truth !== null && truth.mode !== 'daemon')
    found.push(`in ${truth.mode} mode there is no daemon process for our agent: requests and stacks are not shown`);
  const group = options.values['applicationGroup'];
  if (typeof group === 'string' && group.includes('%{') && group !== '%{GLOBAL}')
    found.push(`--application-group ${group}: our agent sees the main interpreter only; requests of others are not shown`);
  return found;
}

/** The level for all modules in a LogLevel such as "warn wsgi:debug". */
function generalLevel(text: string): LogLevel {
  const general =
    text
      .toLowerCase()
      .split(/\s+/)
      .find((word) => !word.includes(':')) ?? 'warn';
  return LOG_LEVELS.find((level) => general.startsWith(level)) ?? 'warn';
}

function configView({options}: Prepared, truth: Truth | null): ConfigView {
  const view = {options: effectiveOptions(options.values as unknown as StartOptions), file: truth?.conf ?? ''};
  try {
    return {...view, lines: readRegularOrThrow(view.file, CONF_LIMIT).split('\n')};
  } catch (error) {
    return {...view, lines: [], error: (error as Error).message};
  }
}

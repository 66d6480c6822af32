import {basename, dirname} from 'node:path';
import {modWsgiAt} from '../../express/discovery/mod-wsgi.ts';
import type {InstanceInfo} from '../../model/events.ts';
import type {CompiledIn} from './compiled-in.ts';
import {gains} from './gains.ts';
import {accessLineParser} from './log-line.ts';
import {originalNotes, type OriginalNotes} from './original-command.ts';
import type {DaemonGroup, LogPlace, ServerConfig} from './server-config.ts';

export interface Described {
  kind: 'original' | 'system';
  /** A name that is known already. */
  name?: string;
  url?: string;
  modWsgi?: string;
  readOnly: boolean;
}

/** Applications' own daemon groups, without those of service scripts. */
export const applicationGroups = (config: ServerConfig): DaemonGroup[] => config.groups.filter((one) => !one.name.startsWith('service:'));

/** What an observed server is, in the terms of one of ours. */
export function describe(config: ServerConfig, program: CompiledIn, known: Described): InstanceInfo {
  const notes = known.kind === 'original' ? originalNotes(config.serverRoot) : null;
  const groups = applicationGroups(config);
  const application = config.applications[0];
  const main = groups.find((one) => one.name === application?.group) ?? groups[0];
  const module = config.modWsgiPath === null ? null : modWsgiAt(config.modWsgiPath);
  const script = notes === null ? (application?.script ?? null) : notes.applicationType === 'script' ? notes.entryPoint : null;
  const home = main?.options.get('home');
  const seconds = (name: string) => Number(main?.options.get(name)) || 0;
  const timed = config.accessLogs.some((log) => accessLineParser(log.format)?.timed);
  return {
    name: nameFor(known, script, config),
    url: known.url ?? urlOf(config, notes),
    serverRoot: config.serverRoot,
    script,
    workingDirectory: home ?? (script === null ? config.serverRoot : dirname(script)),
    processGroup: main?.name ?? '',
    applicationGroup: main?.options.get('application-group') ?? '',
    modWsgi: known.modWsgi ?? module?.version ?? '',
    python: module?.python ?? '',
    apache: program.version,
    mpm: config.mpm,
    processes: main?.processes ?? 0,
    threads: main?.threads ?? 0,
    requestTimeout: seconds('request-timeout'),
    shutdownTimeout: main === undefined ? 0 : seconds('shutdown-timeout') || 5,
    gracefulTimeout: seconds('graceful-timeout'),
    queueTimeout: seconds('queue-timeout'),
    reloadOnChanges: false,
    errorLog: shown(config.errorLogs[0]),
    accessLog: config.accessLogs[0] ? shown(config.accessLogs[0]) : null,
    projectRoot: projectRoot(home, script, config),
    supervisorPid: process.pid,
    ...(known.readOnly ? {readOnly: true} : {}),
    foreign: {kind: known.kind, gains: gains(config, notes, timed)},
    ...(groups.length > 1 ? {groups: groups.map(({name, processes, threads}) => ({name, processes, threads}))} : {}),
  };
}

function nameFor({kind, name}: Described, script: string | null, config: ServerConfig): string {
  if (kind === 'system') return name ?? 'apache';
  return script === null ? (name ?? basename(config.serverRoot)) : basename(dirname(script)) || (name ?? 'original');
}

/** A folder that is everything would make every library the application's own. */
function projectRoot(home: string | undefined, script: string | null, config: ServerConfig): string {
  const folder = script === null ? null : dirname(script);
  const wide = home === undefined || home === '/' || home === process.env['HOME'] || home === '/tmp';
  if (!wide && (folder === null || `${folder}/`.startsWith(`${home}/`))) return home;
  return folder ?? home ?? config.serverRoot;
}

function urlOf(config: ServerConfig, notes: OriginalNotes | null): string {
  const listen = config.listens.find((one) => !one.https) ?? config.listens[0];
  const host = listen?.host ?? config.serverName?.replace(/:\d+$/, '') ?? 'localhost';
  const scheme = listen?.https ? 'https' : 'http';
  const port = listen === undefined || listen.port === (listen.https ? 443 : 80) ? '' : `:${listen.port}`;
  const mount = (notes?.mountPoint ?? '/').replace(/^\/+|\/+$/g, '');
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}${port}/${mount === '' ? '' : `${mount}/`}`;
}

function shown(log: LogPlace | undefined): string {
  return log === undefined ? '' : log.kind === 'pipe' ? `|${log.target}` : log.target;
}

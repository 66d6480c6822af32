/** What an Apache's configuration means to somebody who watches it: daemon groups, applications, logs, addresses, its status page. */
import {resolve} from 'node:path';
import type {ConfigDirective, ConfigFiles, Container} from './config-files.ts';
import {COMMON} from './log-line.ts';

/** One WSGIDaemonProcess. */
export interface DaemonGroup {
  name: string;
  /** Counted from 1 in the order of the configuration, as mod_wsgi numbers the sockets of its groups. */
  id: number;
  /** What its processes call themselves; null when they look like Apache's other children. */
  displayName: string | null;
  processes: number;
  threads: number;
  /** All options of the line, by name. */
  options: ReadonlyMap<string, string>;
}

export interface Application {
  /** URL path it is mounted at. */
  url: string;
  script: string;
  /** Null: in Apache's own children (embedded mode). */
  group: string | null;
  host: string | null;
}

/** A log, wherever it goes. */
export interface LogPlace {
  /** `file`: a path; `pipe`: a program's command line; `other`: syslog, a journal, a provider. */
  kind: 'file' | 'pipe' | 'other';
  target: string;
  /** ServerName of its virtual host, null for the main server. */
  host: string | null;
}

export interface ServerConfig {
  serverRoot: string;
  groups: DaemonGroup[];
  applications: Application[];
  listens: {host: string | null; port: number; https: boolean}[];
  serverName: string | null;
  errorLogs: LogPlace[];
  accessLogs: (LogPlace & {format: string})[];
  /** In the words of the main server's LogLevel. */
  logLevel: string;
  /** Does any LogLevel let mod_wsgi say why daemons go (info and below). */
  tellsReasons: boolean;
  status: {path: string; host: string | null} | null;
  modWsgiPath: string | null;
  mpm: string;
  /** Requests that Apache's children can be at, at once; null when not configured. */
  workers: number | null;
  pidFile: string | null;
  user: string | null;
  group: string | null;
}

/** Numbers that mod_wsgi has for what is not said (15 threads, 1 process). */
const THREADS = 15;
const MPMS = ['event', 'worker', 'prefork'];

/** Pure. */
export function readServerConfig({directives, serverRoot}: ConfigFiles): ServerConfig {
  const all = (name: string) => directives.filter((one) => one.name === name);
  const main = (name: string) => all(name).findLast((one) => one.within.length === 0)?.words ?? null;
  const path = (word: string) => resolve(serverRoot, word);
  const hosts = hostNames(directives);
  const hostOf = (one: ConfigDirective) => hosts.get(virtualHost(one)?.id ?? 0) ?? null;
  const formats = new Map(all('logformat').flatMap(({words: [format, name]}) => (format && name ? [[name, format] as const] : [])));
  const nameless = all('logformat').findLast(({words}) => words.length === 1)?.words[0] ?? COMMON;
  const modules = all('loadmodule');
  const load = modules.find(({words}) => words[0] === 'wsgi_module')?.words[1];
  const place = (target: string, one: ConfigDirective): LogPlace => ({...logPlace(target, path), host: hostOf(one)});
  const errorLogs = all('errorlog').flatMap((one) => (one.words[0] === undefined ? [] : [place(one.words[0], one)]));
  const levels = all('loglevel').map(({words}) => words.join(' ').toLowerCase());
  const pidFile = main('pidfile')?.[0];
  return {
    serverRoot,
    groups: all('wsgidaemonprocess').map(daemonGroup),
    applications: applications(directives, hostOf),
    listens: all('listen').flatMap(({words}) => listenOf(words)),
    serverName: main('servername')?.[0] ?? null,
    errorLogs: unique(main('errorlog') === null ? [{kind: 'file', target: path('logs/error_log'), host: null}, ...errorLogs] : errorLogs),
    accessLogs: unique(
      [...all('customlog'), ...all('transferlog')].flatMap((one) => {
        const [target, format] = one.words;
        return target === undefined
          ? []
          : [
              {
                ...place(target, one),
                format: format === undefined ? nameless : format.includes('%') ? format : (formats.get(format) ?? COMMON),
              },
            ];
      }),
    ),
    logLevel: main('loglevel')?.join(' ') ?? 'warn',
    tellsReasons: levels.some(tellsReasons),
    status: statusPage(directives, hostOf),
    modWsgiPath: load === undefined ? null : path(load),
    mpm: MPMS.find((one) => modules.some(({words}) => words[0] === `mpm_${one}_module`)) ?? '',
    workers: number(main('maxrequestworkers') ?? main('maxclients')),
    pidFile: pidFile === undefined ? null : path(pidFile),
    user: main('user')?.[0] ?? null,
    group: main('group')?.[0] ?? null,
  };
}

function daemonGroup({words: [name = '', ...rest]}: ConfigDirective, index: number): DaemonGroup {
  const options = new Map(rest.map(pair));
  const display = options.get('display-name');
  return {
    name,
    id: index + 1,
    displayName: display === undefined || display === '' ? null : display === '%{GROUP}' ? `(wsgi:${name})` : display,
    processes: Number(options.get('processes')) || 1,
    threads: Number(options.get('threads')) || (options.get('threads') === '0' ? 0 : THREADS),
    options,
  };
}

/** Where an application runs is said in its WSGIScriptAlias, or by a WSGIProcessGroup around it, the innermost one first. */
function applications(directives: readonly ConfigDirective[], hostOf: (one: ConfigDirective) => string | null): Application[] {
  const groups = directives.filter((one) => one.name === 'wsgiprocessgroup');
  const found = directives.filter((one) => /^wsgiscriptalias(match)?$/.test(one.name) && one.words.length >= 2);
  return found.map((one) => {
    const [url, script, ...rest] = one.words as [string, string, ...string[]];
    const own = rest.map(pair).find(([key]) => key === 'process-group')?.[1];
    const around = groups
      .filter((other) => other.within.every((box) => one.within.some((mine) => mine.id === box.id) || covers(box, url, script)))
      .toSorted((a, b) => a.within.length - b.within.length)
      .at(-1)?.words[0];
    const group = own ?? around ?? null;
    return {url, script, group: group === '%{GLOBAL}' || group === '' ? null : group, host: hostOf(one)};
  });
}

/** Is an application in a Location or Directory container by its path. */
function covers(box: Container, url: string, script: string): boolean {
  const prefix = box.words[0] ?? '';
  if (box.name === 'location') return url === prefix || `${url}/`.startsWith(`${prefix.replace(/\/$/, '')}/`);
  return box.name === 'directory' && script.startsWith(`${prefix.replace(/\/$/, '')}/`);
}

function statusPage(directives: readonly ConfigDirective[], hostOf: (one: ConfigDirective) => string | null): ServerConfig['status'] {
  const found = directives.find(
    (one) => one.name === 'sethandler' && one.words[0] === 'server-status' && one.within.at(-1)?.name === 'location',
  );
  const path = found?.within.at(-1)?.words[0];
  return found && path?.startsWith('/') ? {path, host: hostOf(found)} : null;
}

function hostNames(directives: readonly ConfigDirective[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const one of directives) {
    const box = virtualHost(one);
    if (!box) continue;
    if (one.name === 'servername' && one.words[0] !== undefined) names.set(box.id, one.words[0].replace(/^https?:\/\//, ''));
    else if (!names.has(box.id)) names.set(box.id, box.words[0] ?? '');
  }
  return names;
}

const virtualHost = (one: ConfigDirective): Container | undefined => one.within.find((box) => box.name === 'virtualhost');

function listenOf([address = '', protocol]: string[]): ServerConfig['listens'] {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(address) ?? [];
  if (port === undefined) return [];
  const bare = host?.replace(/^\[(.*)\]$/, '$1');
  return [
    {
      host: bare === undefined || bare === '*' || bare === '' ? null : bare,
      port: Number(port),
      https: protocol === 'https' || port === '443',
    },
  ];
}

function logPlace(target: string, path: (word: string) => string): Omit<LogPlace, 'host'> {
  if (target.startsWith('|')) return {kind: 'pipe', target: target.replace(/^\|[|$]?\s*/, '')};
  if (/^syslog\b|^journald\b|^[a-z]+:[^/]/.test(target)) return {kind: 'other', target};
  return {kind: 'file', target: path(target)};
}

function unique<T extends LogPlace>(places: readonly T[]): T[] {
  return places.filter((one, index) => places.findIndex((other) => other.target === one.target) === index);
}

/** Apache's general level, or mod_wsgi's own, is info or more talkative. */
function tellsReasons(level: string): boolean {
  const words = level.split(/\s+/);
  const own = words.find((word) => /^(wsgi|wsgi_module|mod_wsgi\.c):/.test(word))?.replace(/^.*:/, '');
  return /^(info|debug|trace)/.test(own ?? words.find((word) => !word.includes(':')) ?? '');
}

function pair(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

const number = (words: readonly string[] | null): number | null => Number(words?.[0]) || null;

/** What a restart under wsgideck would add to a server that is only observed. */
import {shellWords, type OriginalNotes} from './original-command.ts';
import type {Application, DaemonGroup, ServerConfig} from './server-config.ts';

/** One thing a line, what to type at the end. Only what is missing now is named. */
export function gains(config: ServerConfig, notes: OriginalNotes | null, timed: boolean): string[] {
  const daemons = config.groups.some((one) => !one.name.startsWith('service:'));
  return [
    ...(daemons
      ? [
          'each request while it runs: its thread, the line of code it is at, and when mod_wsgi gives up on it',
          'stacks of every process at once, also while a thread holds the interpreter, without pystack or py-spy',
          'exceptions with their whole traceback, and incidents that hold the stacks from before the end',
        ]
      : ['daemon processes instead of embedded mode: requests, stacks, exceptions and reloads per process']),
    ...(timed ? [] : ['how long requests take (p50, p95, p99): the access log here does not say']),
    ...(config.tellsReasons || !daemons ? [] : [`why a daemon process went: LogLevel ${config.logLevel} hides it`]),
    ...(notes === null ? ['new code live on save, without losing a request'] : []),
    ...commands(config, notes),
  ];
}

/** Applications named at most. */
const MOST = 4;

function commands(config: ServerConfig, notes: OriginalNotes | null): string[] {
  if (notes?.command) return [`restart it as: wsgideck run -- ${shellWords(notes.command)}`];
  if (notes?.entryPoint) {
    const listen = config.listens[0];
    const place = listen ? [...(listen.host === null ? [] : ['--host', listen.host]), '--port', String(listen.port)] : [];
    const words = ['mod_wsgi-express', 'start-server', notes.entryPoint, ...place, '--server-root', config.serverRoot];
    return [`restart it as: wsgideck run -- ${shellWords(words)}`];
  }
  const several = config.applications.length > 1;
  const found = config.applications.slice(0, MOST).map((one) => {
    const which = several ? `${one.host ?? config.serverName ?? ''}${one.url}` : 'it';
    return `beside this Apache, on a port of its own, start ${which} as: wsgideck start-server ${shellWords(startServer(one, config))}`;
  });
  return found.length > 0 ? found : ['start its application as: wsgideck start-server SCRIPT'];
}

/** An application and its group, on the default port: this Apache keeps its own. */
function startServer(application: Application, config: ServerConfig): string[] {
  const group = config.groups.find((one) => one.name === application.group);
  const option = (flag: string, value: string | null | undefined) => (value ? [flag, value] : []);
  const user = group?.options.get('user') ?? config.user;
  const owner = group?.options.get('group') ?? config.group;
  return [
    application.script,
    ...(application.url === '/' ? [] : ['--mount-point', application.url]),
    ...(group ? capacity(group) : []),
    ...option('--working-directory', group?.options.get('home')),
    ...(group?.options.get('python-path') ?? '').split(':').flatMap((path) => option('--python-path', path)),
    ...(process.getuid?.() === 0 ? [...option('--user', user), ...option('--group', owner)] : []),
  ];
}

function capacity(group: DaemonGroup): string[] {
  const timeout = group.options.get('request-timeout');
  return [
    '--processes',
    String(group.processes),
    '--threads',
    String(group.threads),
    ...(timeout === undefined ? [] : ['--request-timeout', timeout]),
  ];
}

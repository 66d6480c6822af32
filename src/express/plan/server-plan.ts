import type {InstanceInfo} from '../../model/events.ts';
import type {RunUser} from '../discovery/accounts.ts';
import type {Httpd} from '../discovery/httpd.ts';
import type {LocaleFound} from '../discovery/locale.ts';
import type {ModWsgi} from '../discovery/mod-wsgi.ts';
import type {PythonFound} from '../discovery/python.ts';
import type {StartOptions} from '../parse.ts';
import type {ModuleChoice} from './apache-modules.ts';
import type {MpmCapacity} from './mpm-capacity.ts';

/** Absolute paths of everything in and around the server root. */
export interface PlanPaths {
  /** The server root. */
  root: string;
  conf: string;
  apachectl: string;
  handler: string;
  /** Shell file read before Apache starts: the server root's own, or --envvars-script. */
  envvars: string;
  rewrite: string;
  documentRoot: string;
  pythonEggs: string;
  logDirectory: string;
  errorLog: string;
  accessLog: string | null;
  startupLog: string | null;
  pidFile: string;
  /** Beginning of the daemons' socket names; mod_wsgi appends `.PID.uUID.N.sock`. */
  socketPrefix: string;
  /** Our own directory, `ROOT/wsgideck`, and what lies in it. */
  deck: string;
  controlSocket: string;
  agentSocket: string;
  agentScript: string;
  handlerScript: string;
  /** 0700, owned by the run user: the agents' slot and fault files. */
  run: string;
  deckAccessLog: string;
  lock: string;
  guardStatus: string;
}

export interface ApplicationPlan {
  type: 'script' | 'module';
  /** Absolute path of the script, or the module's dotted name. */
  entry: string;
  callable: string;
  /** URL path, `/` or without a slash at its end. */
  mountPoint: string;
  workingDirectory: string;
  pythonPaths: string[];
}

/** Everything that is decided about a server before anything is written or started. */
export interface ServerPlan {
  options: StartOptions;
  paths: PlanPaths;
  httpd: Httpd;
  module: ModWsgi;
  modules: ModuleChoice;
  python: PythonFound;
  runUser: RunUser;
  /** Is the command given by root, so that Apache changes to the run user by itself. */
  asRoot: boolean;
  /** Owner of the files: the caller. */
  owner: {uid: number; gid: number};
  locale: LocaleFound;
  mimeTypes: string | null;
  application: ApplicationPlan;
  processGroup: string;
  /** `%{GLOBAL}` is the main interpreter. */
  applicationGroup: string;
  capacity: MpmCapacity;
  /** Host as used in names and URLs; `localhost` without --host. */
  hostName: string;
  /** Where and how to ask whether the server is ready; `hostHeader` matters with --server-name. */
  probe: {host: string; port: number; path: string; hostHeader: string};
  /** For apachectl and envvars. bash where there is one: only it can give a program another name. */
  shell: string;
  /** Has a shell to read `paths.envvars` before Apache starts. */
  sourceEnvvars: boolean;
  /** Absolute paths. */
  includeFiles: string[];
  aliases: {url: string; target: string; isFile: boolean}[];
  watch: {onChanges: boolean; scriptReloading: boolean; include: string[]; exclude: string[]; roots: string[]};
  /** Seconds that a graceful stop may take before it is forced. */
  graceSeconds: number;
  output: 'dashboard' | 'plain' | 'json';
  info: Omit<InstanceInfo, 'supervisorPid'>;
}

import type {InstanceInfo} from '../../model/events.ts';
import type {RunUser} from '../discovery/accounts.ts';
import type {Httpd} from '../discovery/httpd.ts';
import type {LocaleFound} from '../discovery/locale.ts';
import type {ModWsgi} from '../discovery/mod-wsgi.ts';
import type {PythonFound} from '../discovery/python.ts';
import type {StartOptions} from '../parse.ts';
import type {ModuleChoice} from './apache-modules.ts';
import type {DebugPlan} from './debug-plan.ts';
import type {HttpsPlan} from './https-plan.ts';
import type {MpmCapacity} from './mpm-capacity.ts';
import type {ServicePlan} from './service-plan.ts';

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
  /** Where mod_wsgi 6.x reports its figures to us. */
  timesSocket: string;
  agentScript: string;
  handlerScript: string;
  /** For --browser-reload: the files that pages ask for, and what their script and their pages are compared with. */
  pages: string;
  livePage: string;
  /** What waits in the idle group, with reload by swap. */
  slotScript: string;
  /** Python beside the handler: debug mode's tools and Paste. */
  tools: string;
  /** 0700, owned by the run user: the agents' slot and fault files. */
  run: string;
  deckAccessLog: string;
  lock: string;
  guardStatus: string;
  /** What a supervisor in the background prints. */
  output: string;
  /** What runs the services' scripts, and its list of them. */
  serviceRunner: string;
  serviceList: string;
  /** The program that --enable-telemetry runs. */
  telemetryScript: string;
}

export interface ApplicationPlan {
  type: 'script' | 'module' | 'paste' | 'static';
  /** Absolute path of the script or the Paste configuration, the module's dotted name, or nothing for files only. */
  entry: string;
  callable: string;
  /** URL path, `/` or without a slash at its end. */
  mountPoint: string;
  workingDirectory: string;
  pythonPaths: string[];
}

export interface Rotation {
  /** Absolute path of rotatelogs. */
  program: string;
  megabytes: number;
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
  /** User and group as MOD_WSGI_USER and MOD_WSGI_GROUP name them. */
  runNames: {user: string; group: string};
  /** Is the command given by root, so that Apache changes to the run user by itself. */
  asRoot: boolean;
  /** Owner of the files: the caller. */
  owner: {uid: number; gid: number};
  locale: LocaleFound;
  mimeTypes: string | null;
  application: ApplicationPlan;
  /** Where the application runs: in daemon processes, in Apache's own, or in the one process that there is. */
  mode: 'daemon' | 'embedded' | 'debug';
  /** What to do in debug mode; null in the others. */
  debug: DebugPlan | null;
  https: HttpsPlan | null;
  /** Of the application, as people reach it. With --https-only the first only redirects to the second. */
  urls: {http: string; https: string | null};
  /** With --rotate-logs: `paths.errorLog` and `paths.accessLog` are links to the newest of the files that rotatelogs writes. */
  rotation: Rotation | null;
  services: ServicePlan[];
  /** Python scripts that decide about access, absolute. */
  access: {host: string | null; user: string | null; group: string | null};
  /** `unix:/path` of the telemetry receiver, ours or somebody else's. */
  telemetry: string | null;
  /** Times by phase: reported to us by mod_wsgi (6.x), asked for by the agent (before), or not wanted. */
  phases: 'datagrams' | 'agent' | null;
  /** --add-handler: extensions with their dot, and the absolute paths of what answers for them. */
  resources: {extension: string; script: string; file: string}[];
  /** Folder of mod_wsgi's documentation, null when it is not installed. */
  docs: string | null;
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
  /** Reload by swap: the two process groups, and the file that exists while the second one is live. Null without. */
  slots: {groups: {blue: string; green: string}; switchFile: string} | null;
  /** Do open pages load again by themselves; only a supervisor tells them. */
  browserReload: boolean;
  /** How new code goes live. */
  reloadStrategy: 'swap' | 'restart' | 'graceful';
  /** Absolute paths. */
  includeFiles: string[];
  aliases: {url: string; target: string; isFile: boolean}[];
  watch: {onChanges: boolean; scriptReloading: boolean; include: string[]; exclude: string[]; roots: string[]};
  /** Seconds that a graceful stop may take before it is forced. */
  graceSeconds: number;
  output: 'dashboard' | 'plain' | 'json';
  /** The socket for those who may only look; null without --view-group. */
  view: {path: string; gid: number} | null;
  info: Omit<InstanceInfo, 'supervisorPid'>;
}
